using System.Buffers;
using System.Globalization;
using System.Text;

namespace Udf.Worker;

/// <summary>What a text may hold so that it can be passed on, and how to show one in a message.</summary>
internal static class SpecificationText
{
    private const int LongestShown = 80;

    /// <summary>Whether the text is Unicode: no half of a surrogate pair stands alone. Only then it has a form in UTF-8.</summary>
    public static bool IsWellFormed(string text)
    {
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out int length) != OperationStatus.Done)
            {
                return false;
            }

            rest = rest[length..];
        }

        return true;
    }

    /// <summary>The text for a message: control characters, quotes and halves of surrogate pairs escaped, and not endless.</summary>
    public static string Printable(string text)
    {
        var shown = new StringBuilder(Math.Min(text.Length, LongestShown));
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty && shown.Length < LongestShown)
        {
            bool isWhole = Rune.DecodeFromUtf16(rest, out Rune rune, out int length) == OperationStatus.Done;
            if (!isWhole || Rune.IsControl(rune))
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)rest[0]:x4}");
            }
            else
            {
                shown.Append(rune.Value is '"' or '\\' ? "\\" : "").Append(rune.ToString());
            }

            rest = rest[length..];
        }

        return rest.IsEmpty ? shown.ToString() : shown.Append("...").ToString();
    }
}
