using System.Buffers;

namespace Udf.Worker;

/// <summary>Builds the paths that name a place in a specification: <c>direct.runner.command[0]</c>, <c>session.staticConfig["a.b"]</c>.</summary>
internal static class SpecificationPath
{
    public const string Root = "";

    private static readonly SearchValues<char> PlainCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    public static string Field(string parent, string name)
    {
        // Names of unknown fields come from outside: one with a dot in it must not read as two.
        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(PlainCharacters))
        {
            return Key(parent, name);
        }

        return parent.Length == 0 ? name : $"{parent}.{name}";
    }

    public static string Index(string parent, int index) => $"{parent}[{index}]";

    public static string Key(string parent, string key) => $"{parent}[\"{SpecificationText.Printable(key)}\"]";
}
