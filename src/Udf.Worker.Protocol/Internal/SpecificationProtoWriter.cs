using System.Globalization;
using System.Text;
using Google.Protobuf.Collections;
using Wire = Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol.Internal;

/// <summary>Writes one specification as its message and notes what has no form there, with its path in protobuf's JSON names.</summary>
internal sealed class SpecificationProtoWriter
{
    // Protobuf's own encoder would put the replacement character in silently.
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<WorkerSpecificationProblem> _problems = [];

    internal Wire.UDFWorkerSpecification Write(WorkerSpecification specification)
    {
        Wire.UDFWorkerSpecification message = new()
        {
            Environment = specification.Environment is { } environment ? WriteEnvironment(environment) : null,
            Capabilities = specification.Capabilities is { } capabilities ? WriteCapabilities(capabilities) : null,
            Session = specification.Session is { } session ? WriteSession(session) : null,
        };
        if (specification.Direct is { } direct)
        {
            message.Direct = WriteDirect(direct);
        }

        return _problems.Count == 0 ? message : throw new WorkerSpecificationException(_problems);
    }

    private Wire.WorkerEnvironment WriteEnvironment(WorkerEnvironment environment) => new()
    {
        Installation = WriteCallable(environment.Installation, "environment.installation"),
        EnvironmentVerification = WriteCallable(environment.Verification, "environment.environmentVerification"),
        EnvironmentCleanup = WriteCallable(environment.Cleanup, "environment.environmentCleanup"),
    };

    private static Wire.WorkerCapabilities WriteCapabilities(WorkerCapabilities capabilities)
    {
        Wire.WorkerCapabilities message = new() { ManageIsIndependent = capabilities.ManageIsIndependent };
        message.SupportedDataFormats.AddRange(capabilities.DataFormats.Select(static format => (Wire.UDFWorkerDataFormat)format));
        message.SupportedCommunicationPatterns.AddRange(
            capabilities.CommunicationPatterns.Select(static pattern => (Wire.UDFProtoCommunicationPattern)pattern));
        if (capabilities.SupportsConcurrentUdfs is { } concurrent)
        {
            message.SupportsConcurrentUdfs = concurrent;
        }

        if (capabilities.SupportsReuse is { } reuse)
        {
            message.SupportsReuse = reuse;
        }

        return message;
    }

    private Wire.DirectWorker WriteDirect(DirectWorker direct) => new()
    {
        Runner = WriteCallable(direct.Runner, "direct.runner"),
        Properties = direct.Properties is { } properties ? WriteProperties(properties) : null,
    };

    private Wire.UDFWorkerProperties WriteProperties(WorkerProperties properties)
    {
        const string path = "direct.properties";
        Wire.UDFWorkerProperties message = new()
        {
            Connection = properties.Connection is { } connection ? WriteConnection(connection, $"{path}.connection") : null,
            Carrier = (Wire.UDFWorkerCarrier)properties.Carrier,
        };
        if (properties.InitializationTimeout is { } initialization)
        {
            message.InitializationTimeoutMs = Milliseconds(initialization, $"{path}.initializationTimeoutMs");
        }

        if (properties.GracefulTerminationTimeout is { } termination)
        {
            message.GracefulTerminationTimeoutMs = Milliseconds(termination, $"{path}.gracefulTerminationTimeoutMs");
        }

        return message;
    }

    private Wire.WorkerConnectionSpec WriteConnection(WorkerConnectionSpecification connection, string path)
    {
        switch (connection)
        {
            case UnixDomainSocketConnection:
                return new Wire.WorkerConnectionSpec { UnixDomainSocket = new Wire.UnixDomainSocket() };
            case LocalTcpConnection:
                return new Wire.WorkerConnectionSpec { Tcp = new Wire.LocalTcpConnection() };
            case CustomConnection custom:
                Wire.CustomTransport message = new() { Name = Text(custom.Name, $"{path}.custom.name") };
                WriteMap(custom.Settings, message.Settings, $"{path}.custom.settings");
                return new Wire.WorkerConnectionSpec { Custom = message };
            default:
                throw new InvalidOperationException($"Unknown connection {connection.GetType()}.");
        }
    }

    private Wire.WorkerSessionSpecification WriteSession(WorkerSessionSpecification session)
    {
        Wire.WorkerSessionSpecification message = new();
        WriteMap(session.StaticConfig, message.StaticConfig, "session.staticConfig");
        foreach ((string name, WorkerContextReference reference) in session.EnvironmentVariableReferences)
        {
            const string path = "session.environmentVariableReferences";
            Wire.WorkerContextReference written = new() { Source = Text(reference.Source, $"{Entry(path, name)}.source") };
            if (reference.DefaultValue is { } value)
            {
                written.DefaultValue = Text(value, $"{Entry(path, name)}.defaultValue");
            }

            message.EnvironmentVariableReferences.Add(Text(name, path), written);
        }

        foreach ((string name, DynamicConfigRequirement requirement) in session.DynamicConfig)
        {
            message.DynamicConfig.Add(
                Text(name, "session.dynamicConfig"),
                new Wire.DynamicConfigRequirement { IsRequired = requirement.IsRequired });
        }

        message.RequiredResourceDirectories.AddRange(Texts(session.RequiredResourceDirectories, "session.requiredResourceDirectories"));
        return message;
    }

    private Wire.ProcessCallable? WriteCallable(ProcessCallable? callable, string path)
    {
        if (callable is null)
        {
            return null;
        }

        Wire.ProcessCallable message = new();
        message.Command.AddRange(Texts(callable.Command, $"{path}.command"));
        message.Arguments.AddRange(Texts(callable.Arguments, $"{path}.arguments"));
        WriteMap(callable.EnvironmentVariables, message.EnvironmentVariables, $"{path}.environmentVariables");
        return message;
    }

    private void WriteMap(ValueMap<string, string> from, MapField<string, string> to, string path)
    {
        foreach ((string key, string value) in from)
        {
            to.Add(Text(key, path), Text(value, Entry(path, key)));
        }
    }

    private static string Entry(string path, string key) => $"{path}[\"{key}\"]";

    private IEnumerable<string> Texts(ValueList<string> texts, string path)
    {
        for (int index = 0; index < texts.Count; index++)
        {
            yield return Text(texts[index], string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]"));
        }
    }

    private string Text(string text, string path)
    {
        try
        {
            _ = StrictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            _problems.Add(new WorkerSpecificationProblem(
                path,
                "The text holds half of a surrogate pair, which is no character and has no form in UTF-8.",
                "Write it with whole characters."));
        }

        return text;
    }

    private int Milliseconds(TimeSpan limit, string path)
    {
        (long whole, long rest) = Math.DivRem(limit.Ticks, TimeSpan.TicksPerMillisecond);
        if (rest != 0 || whole is < int.MinValue or > int.MaxValue)
        {
            _problems.Add(new WorkerSpecificationProblem(
                path,
                $"The time limit is not a whole number of milliseconds in a signed 32-bit number ({limit:c}).",
                string.Create(CultureInfo.InvariantCulture, $"Round it to whole milliseconds, and write at most {int.MaxValue} of them.")));
            return 0;
        }

        return (int)whole;
    }
}
