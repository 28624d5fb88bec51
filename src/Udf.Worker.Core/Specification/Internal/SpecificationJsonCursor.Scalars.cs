using System.Globalization;
using System.Text.Json;

namespace Udf.Worker;

internal ref partial struct SpecificationJsonCursor
{
    private const NumberStyles TextNumber = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    public readonly string String() =>
        _reader.TokenType == JsonTokenType.String
            ? Text()
            : throw Fail($"Expected a text, but here is {Found()}.", "Write it in quotes.");

    public readonly bool Boolean() => _reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw Fail($"Expected true or false, but here is {Found()}.", "Write true or false, without quotes."),
    };

    /// <summary>A time limit, which is a whole number of milliseconds: as a number or as a text, as protobuf takes both.</summary>
    public readonly TimeSpan Milliseconds() =>
        TryInt32(out int milliseconds)
            ? TimeSpan.FromMilliseconds((long)milliseconds)
            : throw Fail(
                $"Expected a whole number of milliseconds, but here is {Found()}.",
                $"Write a number of at most {int.MaxValue}, for example 10000 for ten seconds.");

    /// <summary>An enum's value: by name or by number. A number that has no name is kept, as proto3 does.</summary>
    public readonly T Enum<T>(WireEnum<T> wireEnum)
        where T : struct, Enum
    {
        if (_reader.TokenType == JsonTokenType.String && wireEnum.TryGetValue(Text(), out T value))
        {
            return value;
        }

        if (TryInt32(out int number))
        {
            return WireEnum<T>.OfNumber(number);
        }

        throw Fail($"Expected the name or the number of a {wireEnum.What}, but here is {Found()}.", $"Write one of {wireEnum.KnownNames}.");
    }

    private readonly bool TryInt32(out int value)
    {
        value = 0;
        double number;
        switch (_reader.TokenType)
        {
            case JsonTokenType.Number when _reader.TryGetInt32(out value):
                return true;
            case JsonTokenType.Number when _reader.TryGetDouble(out number):
            case JsonTokenType.String when double.TryParse(Text(), TextNumber, CultureInfo.InvariantCulture, out number):
                // A double holds every int32 exactly, so 1e3 and 1000.0 are the 1000 that they say.
                value = number is >= int.MinValue and <= int.MaxValue && double.IsInteger(number) ? (int)number : 0;
                return value == number;
            default:
                return false;
        }
    }

    /// <summary>The text of a name or a string.</summary>
    private readonly string Text()
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            // The bytes were found to be UTF-8 before: what is left is an escape.
            throw Fail("The text has half of a surrogate pair as an escape, which is no character.", "Write the character itself.", exception);
        }
    }
}
