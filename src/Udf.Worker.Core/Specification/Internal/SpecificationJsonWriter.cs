using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Udf.Worker;

/// <summary>
/// Writes a specification as protobuf's JSON: fields without presence only if they have a value, fields with presence whenever they are there.
/// The caller has made sure that everything in it can be written.
/// </summary>
internal static class SpecificationJsonWriter
{
    public static void Write(WorkerSpecification specification, IBufferWriter<byte> output, bool indented)
    {
        var options = new JsonWriterOptions { Indented = indented, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using var writer = new Utf8JsonWriter(output, options);
        writer.WriteStartObject();
        WriteMessage(writer, SpecificationFields.Environment, specification.Environment, WriteEnvironment);
        WriteMessage(writer, SpecificationFields.Capabilities, specification.Capabilities, WriteCapabilities);
        WriteMessage(writer, SpecificationFields.Direct, specification.Direct, WriteDirect);
        WriteMessage(writer, SpecificationFields.Session, specification.Session, WriteSession);
        writer.WriteEndObject();
        writer.Flush();
    }

    private static void WriteEnvironment(Utf8JsonWriter writer, WorkerEnvironment environment)
    {
        WriteMessage(writer, SpecificationFields.Installation, environment.Installation, WriteCallable);
        WriteMessage(writer, SpecificationFields.EnvironmentVerification, environment.Verification, WriteCallable);
        WriteMessage(writer, SpecificationFields.EnvironmentCleanup, environment.Cleanup, WriteCallable);
    }

    private static void WriteCapabilities(Utf8JsonWriter writer, WorkerCapabilities capabilities)
    {
        WriteList(
            writer,
            SpecificationFields.SupportedDataFormats,
            capabilities.DataFormats,
            static (writer, format) => WriteEnum(writer, format, WireEnums.DataFormat));
        WriteList(
            writer,
            SpecificationFields.SupportedCommunicationPatterns,
            capabilities.CommunicationPatterns,
            static (writer, pattern) => WriteEnum(writer, pattern, WireEnums.CommunicationPattern));
        if (capabilities.SupportsConcurrentUdfs is { } concurrent)
        {
            writer.WriteBoolean(SpecificationFields.SupportsConcurrentUdfs, concurrent);
        }

        if (capabilities.SupportsReuse is { } reuse)
        {
            writer.WriteBoolean(SpecificationFields.SupportsReuse, reuse);
        }

        if (capabilities.ManageIsIndependent)
        {
            writer.WriteBoolean(SpecificationFields.ManageIsIndependent, true);
        }
    }

    private static void WriteDirect(Utf8JsonWriter writer, DirectWorker direct)
    {
        WriteMessage(writer, SpecificationFields.Runner, direct.Runner, WriteCallable);
        WriteMessage(writer, SpecificationFields.Properties, direct.Properties, WriteProperties);
    }

    private static void WriteProperties(Utf8JsonWriter writer, WorkerProperties properties)
    {
        WriteTimeout(writer, SpecificationFields.InitializationTimeoutMs, properties.InitializationTimeout);
        WriteTimeout(writer, SpecificationFields.GracefulTerminationTimeoutMs, properties.GracefulTerminationTimeout);
        WriteMessage(writer, SpecificationFields.Connection, properties.Connection, WriteConnection);
        if (properties.Carrier != WorkerCarrier.Unspecified)
        {
            writer.WritePropertyName(SpecificationFields.Carrier);
            WriteEnum(writer, properties.Carrier, WireEnums.Carrier);
        }
    }

    private static void WriteTimeout(Utf8JsonWriter writer, string field, TimeSpan? timeout)
    {
        if (timeout is { } limit && TimeoutRules.TryToMilliseconds(limit, out int milliseconds))
        {
            writer.WriteNumber(field, milliseconds);
        }
    }

    private static void WriteConnection(Utf8JsonWriter writer, WorkerConnectionSpecification connection)
    {
        writer.WriteStartObject(connection.FieldName);
        if (connection is CustomConnection custom)
        {
            WriteString(writer, SpecificationFields.Name, custom.Name);
            WriteMap(writer, SpecificationFields.Settings, custom.Settings, static (writer, value) => writer.WriteStringValue(value));
        }

        writer.WriteEndObject();
    }

    private static void WriteCallable(Utf8JsonWriter writer, ProcessCallable callable)
    {
        WriteList(writer, SpecificationFields.Command, callable.Command, static (writer, entry) => writer.WriteStringValue(entry));
        WriteList(writer, SpecificationFields.Arguments, callable.Arguments, static (writer, entry) => writer.WriteStringValue(entry));
        WriteMap(
            writer,
            SpecificationFields.EnvironmentVariables,
            callable.EnvironmentVariables,
            static (writer, value) => writer.WriteStringValue(value));
    }

    private static void WriteSession(Utf8JsonWriter writer, WorkerSessionSpecification session)
    {
        WriteMap(writer, SpecificationFields.StaticConfig, session.StaticConfig, static (writer, value) => writer.WriteStringValue(value));
        WriteMap(writer, SpecificationFields.EnvironmentVariableReferences, session.EnvironmentVariableReferences, WriteReference);
        WriteMap(writer, SpecificationFields.DynamicConfig, session.DynamicConfig, WriteRequirement);
        WriteList(
            writer,
            SpecificationFields.RequiredResourceDirectories,
            session.RequiredResourceDirectories,
            static (writer, name) => writer.WriteStringValue(name));
    }

    private static void WriteReference(Utf8JsonWriter writer, WorkerContextReference reference)
    {
        writer.WriteStartObject();
        WriteString(writer, SpecificationFields.Source, reference.Source);
        if (reference.DefaultValue is not null)
        {
            writer.WriteString(SpecificationFields.DefaultValue, reference.DefaultValue);
        }

        writer.WriteEndObject();
    }

    private static void WriteRequirement(Utf8JsonWriter writer, DynamicConfigRequirement requirement)
    {
        writer.WriteStartObject();
        if (requirement.IsRequired)
        {
            writer.WriteBoolean(SpecificationFields.IsRequired, true);
        }

        writer.WriteEndObject();
    }

    private static void WriteMessage<T>(Utf8JsonWriter writer, string field, T? message, Action<Utf8JsonWriter, T> writeFields)
        where T : class
    {
        if (message is not null)
        {
            writer.WriteStartObject(field);
            writeFields(writer, message);
            writer.WriteEndObject();
        }
    }

    private static void WriteList<T>(Utf8JsonWriter writer, string field, ValueList<T> items, Action<Utf8JsonWriter, T> writeItem)
        where T : notnull
    {
        if (!items.IsEmpty)
        {
            writer.WriteStartArray(field);
            foreach (T item in items)
            {
                writeItem(writer, item);
            }

            writer.WriteEndArray();
        }
    }

    private static void WriteMap<T>(Utf8JsonWriter writer, string field, ValueMap<string, T> entries, Action<Utf8JsonWriter, T> writeValue)
        where T : notnull
    {
        if (!entries.IsEmpty)
        {
            writer.WriteStartObject(field);
            foreach ((string key, T value) in entries.OrderBy(static entry => entry.Key, StringComparer.Ordinal))
            {
                writer.WritePropertyName(key);
                writeValue(writer, value);
            }

            writer.WriteEndObject();
        }
    }

    private static void WriteString(Utf8JsonWriter writer, string field, string value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            writer.WriteString(field, value);
        }
    }

    private static void WriteEnum<T>(Utf8JsonWriter writer, T value, WireEnum<T> wireEnum)
        where T : struct, Enum
    {
        if (wireEnum.TryGetName(value, out string? name))
        {
            writer.WriteStringValue(name);
        }
        else
        {
            writer.WriteNumberValue(WireEnum<T>.NumberOf(value));
        }
    }
}
