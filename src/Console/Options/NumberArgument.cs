using System.CommandLine;
using System.Globalization;

namespace OrleansTagging.Commands.Options;

/// <summary>An argument that is a whole number from a bound up.</summary>
internal sealed class NumberArgument : Argument<int>
{
    public NumberArgument(string name, string description, int least) : base(name)
    {
        Description = description;
        CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least)
            {
                return number;
            }
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is a whole number from {least} up, not '{text}'."));
            return least;
        };
    }
}
