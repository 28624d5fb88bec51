using System.Text;

namespace Udf.Worker;

/// <summary>
/// A text is not the JSON of a worker specification. The message says where, what is wrong and what to write instead; the properties hold the same as data.
/// </summary>
public sealed class WorkerSpecificationFormatException : FormatException
{
    internal WorkerSpecificationFormatException(
        string problem,
        string remedy,
        string path,
        long lineNumber,
        long? columnNumber,
        string? filePath,
        Exception? innerException = null)
        : base(Describe(problem, remedy, path, lineNumber, columnNumber, filePath), innerException)
    {
        Problem = problem;
        Remedy = remedy;
        Path = path;
        LineNumber = lineNumber;
        ColumnNumber = columnNumber;
        FilePath = filePath;
    }

    /// <summary>What is wrong.</summary>
    public string Problem { get; }

    /// <summary>What to write instead.</summary>
    public string Remedy { get; }

    /// <summary>Where it is in the specification: <c>direct.runner.command[0]</c>. Empty for the specification as a whole.</summary>
    public string Path { get; }

    /// <summary>The line in the JSON, from 1.</summary>
    public long LineNumber { get; }

    /// <summary>The column in that line, in characters from 1; null if the exception is about several places.</summary>
    public long? ColumnNumber { get; }

    /// <summary>The file it was loaded from; null if it was parsed.</summary>
    public string? FilePath { get; }

    private static string Describe(string problem, string remedy, string path, long lineNumber, long? columnNumber, string? filePath)
    {
        var text = new StringBuilder("The worker specification ");
        if (filePath is not null)
        {
            text.Append("in '").Append(filePath).Append("' ");
        }

        text.Append("cannot be read");
        if (columnNumber is not null)
        {
            text.Append(" at ").Append(path).Append(path.Length == 0 ? "line " : " (line ").Append(lineNumber)
                .Append(", column ").Append(columnNumber).Append(path.Length == 0 ? "" : ")");
        }

        return text.Append(". ").Append(problem).Append(' ').Append(remedy).ToString();
    }
}
