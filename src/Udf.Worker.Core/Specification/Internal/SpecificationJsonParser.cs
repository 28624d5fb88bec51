using System.Text.Json;
using System.Text.Unicode;

namespace Udf.Worker;

/// <summary>Reads a specification's JSON as a whole: the text, the specification and its sections. What a direct worker is, is in <see cref="DirectWorkerJson"/>.</summary>
internal static class SpecificationJsonParser
{
    private static readonly JsonMessage SpecificationMessage = new(
        "A worker specification",
        SpecificationFields.Environment,
        SpecificationFields.Capabilities,
        SpecificationFields.Session,
        SpecificationFields.Direct);

    private static readonly JsonMessage EnvironmentMessage = new(
        "An environment",
        SpecificationFields.Installation,
        SpecificationFields.EnvironmentVerification,
        SpecificationFields.EnvironmentCleanup);

    private static readonly JsonMessage CapabilitiesMessage = new(
        "The capabilities",
        SpecificationFields.SupportedDataFormats,
        SpecificationFields.SupportedCommunicationPatterns,
        SpecificationFields.SupportsConcurrentUdfs,
        SpecificationFields.SupportsReuse,
        SpecificationFields.ManageIsIndependent);

    public static WorkerSpecificationJsonResult Parse(ReadOnlySpan<byte> json, string? filePath)
    {
        if (!Utf8.IsValid(json))
        {
            throw NotUnicode(filePath, innerException: null);
        }

        var cursor = new SpecificationJsonCursor(json, filePath);
        try
        {
            cursor.Read();
            WorkerSpecification specification = ReadSpecification(ref cursor);

            // The reader itself refuses what comes after the one value.
            cursor.Read();
            return new WorkerSpecificationJsonResult(specification, cursor.UnknownFields, filePath);
        }
        catch (JsonException exception)
        {
            throw cursor.Fail(exception);
        }
    }

    public static WorkerSpecificationFormatException NotUnicode(string? filePath, Exception? innerException) => new(
        "The text is not Unicode: it has bytes that are not UTF-8, or half of a surrogate pair.",
        "Save it as UTF-8.",
        SpecificationPath.Root,
        lineNumber: 1,
        columnNumber: null,
        filePath,
        innerException);

    private static WorkerSpecification ReadSpecification(ref SpecificationJsonCursor cursor)
    {
        var specification = new WorkerSpecification();
        JsonMessageScope scope = cursor.BeginMessage(SpecificationMessage);
        while (cursor.NextField(ref scope, out string field))
        {
            specification = field switch
            {
                SpecificationFields.Environment => specification with { Environment = ReadEnvironment(ref cursor) },
                SpecificationFields.Capabilities => specification with { Capabilities = ReadCapabilities(ref cursor) },
                SpecificationFields.Session => specification with { Session = SessionJson.Read(ref cursor) },
                _ => specification with { Direct = DirectWorkerJson.Read(ref cursor) },
            };
        }

        return specification;
    }

    private static WorkerEnvironment ReadEnvironment(ref SpecificationJsonCursor cursor)
    {
        var environment = new WorkerEnvironment();
        JsonMessageScope scope = cursor.BeginMessage(EnvironmentMessage);
        while (cursor.NextField(ref scope, out string field))
        {
            ProcessCallable callable = CallableJson.Read(ref cursor);
            environment = field switch
            {
                SpecificationFields.Installation => environment with { Installation = callable },
                SpecificationFields.EnvironmentVerification => environment with { Verification = callable },
                _ => environment with { Cleanup = callable },
            };
        }

        return environment;
    }

    private static WorkerCapabilities ReadCapabilities(ref SpecificationJsonCursor cursor)
    {
        var capabilities = new WorkerCapabilities();
        JsonMessageScope scope = cursor.BeginMessage(CapabilitiesMessage);
        while (cursor.NextField(ref scope, out string field))
        {
            capabilities = field switch
            {
                SpecificationFields.SupportedDataFormats => capabilities with
                {
                    DataFormats = cursor.List(static (ref cursor) => cursor.Enum(WireEnums.DataFormat)),
                },
                SpecificationFields.SupportedCommunicationPatterns => capabilities with
                {
                    CommunicationPatterns = cursor.List(static (ref cursor) => cursor.Enum(WireEnums.CommunicationPattern)),
                },
                SpecificationFields.SupportsConcurrentUdfs => capabilities with { SupportsConcurrentUdfs = cursor.Boolean() },
                SpecificationFields.SupportsReuse => capabilities with { SupportsReuse = cursor.Boolean() },
                _ => capabilities with { ManageIsIndependent = cursor.Boolean() },
            };
        }

        return capabilities;
    }
}
