using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace OrleansTagging.Commands.Options;

/// <summary>An option whose value is a number between two bounds; a fault says which option, what it got and what it takes.</summary>
internal sealed class NumberOption<T> : Option<T> where T : INumber<T>
{
    public NumberOption(string name, string description, T least, T most) : base(name)
    {
        HelpName = "N";
        Description = description;
        CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            {
                return number;
            }
            // A half is whole only where division drops the rest.
            var kind = T.IsInteger(T.One / (T.One + T.One)) ? "whole number" : "number";
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} takes a {kind} from {least} to {most}, not '{text}'."));
            return T.Zero;
        };
    }
}
