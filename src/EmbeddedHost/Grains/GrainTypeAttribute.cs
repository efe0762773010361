namespace Orleans;

/// <summary>The name of a grain class where it is not to be the class's own, as in Orleans.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class GrainTypeAttribute(string grainType) : Attribute
{
    /// <summary>The name.</summary>
    public Runtime.GrainType GetGrainType(IServiceProvider services, Type type) => Runtime.GrainType.Create(grainType);
}

/// <summary>How long nobody must call a grain of this class before it is collected, as in Orleans.</summary>
[AttributeUsage(AttributeTargets.Class)]
public class CollectionAgeLimitAttribute : Attribute
{
    /// <summary>The shortest age.</summary>
    public static readonly TimeSpan MinAgeLimit = TimeSpan.FromMinutes(1);

    private readonly TimeSpan? _age;

    /// <summary>An age given by <see cref="Days"/>, <see cref="Hours"/> and <see cref="Minutes"/>.</summary>
    public CollectionAgeLimitAttribute()
    {
    }

    /// <summary>An age as text.</summary>
    public CollectionAgeLimitAttribute(string inactivityPeriod) =>
        _age = TimeSpan.Parse(inactivityPeriod, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Days of the age.</summary>
    public double Days { private get; set; }

    /// <summary>Hours of the age.</summary>
    public double Hours { private get; set; }

    /// <summary>Minutes of the age.</summary>
    public double Minutes { private get; set; }

    /// <summary>Whether it is never collected.</summary>
    public bool AlwaysActive { private get; set; }

    /// <summary>The age.</summary>
    public TimeSpan AgeLimit
    {
        get
        {
            var span = _age ?? (AlwaysActive || (Days == 0 && Hours == 0 && Minutes == 0)
                ? TimeSpan.MaxValue
                : TimeSpan.FromDays(Days) + TimeSpan.FromHours(Hours) + TimeSpan.FromMinutes(Minutes));
            return span < MinAgeLimit
                ? throw new ArgumentOutOfRangeException($"The age limit {span} is below the least, {MinAgeLimit}.")
                : span;
        }
    }
}

/// <summary>Grains of this class are never collected, as in Orleans.</summary>
[AttributeUsage(AttributeTargets.Class)]
public class KeepAliveAttribute : Attribute;
