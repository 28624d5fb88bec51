namespace Udf.Worker;

/// <summary>The rules for texts: what the system takes as an argument or a variable, and what the wire takes at all.</summary>
internal static class TextRules
{
    public static void WellFormed(string text, string path, SpecificationProblems problems)
    {
        if (!SpecificationText.IsWellFormed(text))
        {
            problems.AddUnwritable(
                path,
                "The text holds half of a surrogate pair, which is no character and has no form in UTF-8.",
                "Write it with whole characters.");
        }
    }

    public static void WithoutNul(string text, string path, SpecificationProblems problems)
    {
        if (text.Contains('\0'))
        {
            problems.Add(
                path,
                "The text holds a NUL character, at which the system would cut it off.",
                "Remove the NUL character.");
        }

        WellFormed(text, path, problems);
    }

    public static void NotEmptyKey(string key, string path, string what, SpecificationProblems problems)
    {
        if (key.Length == 0)
        {
            problems.Add(path, $"The name of {what} is empty.", "Name it, or remove the entry.");
        }

        WellFormed(key, path, problems);
    }

    public static void EnvironmentVariableName(string name, string path, SpecificationProblems problems)
    {
        NotEmptyKey(name, path, "an environment variable", problems);
        if (name.Contains('=') || name.Contains('\0'))
        {
            problems.Add(
                path,
                "The name of an environment variable must not contain '=' or NUL: the system could not keep name and value apart.",
                "Write the name alone, and the value as the entry's value.");
        }
    }
}
