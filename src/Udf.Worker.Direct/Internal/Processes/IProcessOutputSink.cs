namespace Udf.Worker.Direct.Internal;

/// <summary>Where the lines go that a process writes.</summary>
internal interface IProcessOutputSink
{
    /// <summary>Takes one line. Called from two threads at a time.</summary>
    /// <param name="line">The line, without its end.</param>
    /// <param name="isError">Whether it came from the standard error.</param>
    void Write(string line, bool isError);

    /// <summary>Has what was written so far, and what comes, outlive the process, if it is recorded at all.</summary>
    /// <returns>The path of the record, or <see langword="null"/>.</returns>
    string? Keep() => null;

    /// <summary>Nothing more comes. A record that is not kept goes.</summary>
    void Close()
    {
    }
}
