using System.Buffers;
using System.Text;

namespace Udf.Worker;

/// <summary>
/// Reads and writes a <see cref="WorkerSpecification"/> as JSON: protobuf's JSON mapping of Spark's <c>UDFWorkerSpecification</c> with this library's extensions.
/// A specification that was written for Spark loads unchanged. Safe for use from any thread.
/// </summary>
/// <remarks>
/// Field names are read as <c>lowerCamelCase</c> and as in the <c>.proto</c> file (<c>snake_case</c>), enum values by name or number; <c>null</c> is the same as
/// to leave a field out. What is read is not validated: see <see cref="WorkerSpecification.Validate"/>.
/// </remarks>
public static class WorkerSpecificationJson
{
    // A text with half of a surrogate pair has no form in UTF-8; the replacement character would change it silently.
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads a specification.</summary>
    /// <param name="json">The JSON.</param>
    /// <returns>The specification and the fields that were not known.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="json"/> is null.</exception>
    /// <exception cref="WorkerSpecificationFormatException">The text is not JSON, or not that of a specification.</exception>
    public static WorkerSpecificationJsonResult Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        byte[] utf8;
        try
        {
            utf8 = StrictUtf8.GetBytes(json);
        }
        catch (EncoderFallbackException exception)
        {
            throw SpecificationJsonParser.NotUnicode(filePath: null, exception);
        }

        return SpecificationJsonParser.Parse(utf8, filePath: null);
    }

    /// <summary>Reads a specification.</summary>
    /// <param name="utf8Json">The JSON in UTF-8, with or without a byte order mark.</param>
    /// <returns>The specification and the fields that were not known.</returns>
    /// <exception cref="WorkerSpecificationFormatException">The text is not JSON, or not that of a specification.</exception>
    public static WorkerSpecificationJsonResult Parse(ReadOnlySpan<byte> utf8Json) =>
        SpecificationJsonParser.Parse(WithoutByteOrderMark(utf8Json), filePath: null);

    /// <summary>Reads a specification from a file in UTF-8.</summary>
    /// <param name="path">The file's path.</param>
    /// <returns>The specification and the fields that were not known.</returns>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null or empty.</exception>
    /// <exception cref="WorkerSpecificationFormatException">The file is not JSON, or not that of a specification; the message names the file.</exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static WorkerSpecificationJsonResult Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return SpecificationJsonParser.Parse(WithoutByteOrderMark(File.ReadAllBytes(path)), path);
    }

    /// <summary>
    /// Writes a specification as protobuf does: <c>lowerCamelCase</c>, enum values by name (by number if they have none), fields without a value left out.
    /// Entries of maps are sorted, so that equal specifications are written alike.
    /// </summary>
    /// <param name="specification">The specification; it need not be valid.</param>
    /// <param name="indented">True for a text to be read by people, false for one line.</param>
    /// <returns>The JSON. It is not escaped for use inside HTML.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="specification"/> is null.</exception>
    /// <exception cref="WorkerSpecificationException">
    /// The specification holds what has no form in JSON: a time limit that is not a whole number of milliseconds in an int32, or half of a surrogate pair.
    /// </exception>
    public static string Write(WorkerSpecification specification, bool indented = true)
    {
        ArgumentNullException.ThrowIfNull(specification);
        IReadOnlyList<WorkerSpecificationProblem> unwritable = SpecificationValidator.Validate(specification).Unwritable;
        if (unwritable.Count > 0)
        {
            throw new WorkerSpecificationException(unwritable);
        }

        var buffer = new ArrayBufferWriter<byte>();
        SpecificationJsonWriter.Write(specification, buffer, indented);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static ReadOnlySpan<byte> WithoutByteOrderMark(ReadOnlySpan<byte> utf8) =>
        utf8.StartsWith(ByteOrderMark) ? utf8[ByteOrderMark.Length..] : utf8;
}
