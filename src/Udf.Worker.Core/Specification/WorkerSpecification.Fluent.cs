namespace Udf.Worker;

// The fluent way to write a specification. Each method returns another specification and leaves this one as it is.
public sealed partial record WorkerSpecification
{
    private WorkerEnvironment EnvironmentOrNew => Environment ?? new WorkerEnvironment();

    private WorkerCapabilities CapabilitiesOrNew => Capabilities ?? new WorkerCapabilities();

    private WorkerSessionSpecification SessionOrNew => Session ?? new WorkerSessionSpecification();

    private WorkerProperties PropertiesOrNew => Direct?.Properties ?? new WorkerProperties();

    /// <summary>
    /// Describes a worker that an executable is. It takes <see cref="WorkerDataFormat.Raw"/> batches by bidirectional streaming, serves one execution and ends:
    /// what more it can do is said with <see cref="WithReuse"/>, <see cref="WithConcurrentUdfs"/> and <see cref="WithDataFormats"/>.
    /// How it is reached has to be said: <see cref="OverUnixDomainSocket"/>, <see cref="OverTcp"/> or <see cref="OverCustom"/>.
    /// </summary>
    /// <param name="command">The executable: a path, or a name that is looked up in the search path.</param>
    /// <param name="arguments">Its arguments, each as it is; <c>--id</c> and <c>--connection</c> are appended when it is started.</param>
    /// <returns>The specification.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="command"/> is null.</exception>
    /// <exception cref="ArgumentException">An argument is null.</exception>
    public static WorkerSpecification ForCommand(string command, params ReadOnlySpan<string> arguments) => new()
    {
        Capabilities = new WorkerCapabilities
        {
            DataFormats = [WorkerDataFormat.Raw],
            CommunicationPatterns = [WorkerCommunicationPattern.BidirectionalStreaming],
        },
        Direct = new DirectWorker { Runner = ProcessCallable.Create(command, arguments) },
    };

    /// <summary>Describes a worker that is a .NET assembly, run as <c>dotnet worker.dll</c>; otherwise as <see cref="ForCommand"/>.</summary>
    /// <param name="assemblyPath">The path of the assembly. <c>dotnet</c> is looked up in the search path.</param>
    /// <param name="arguments">Its arguments, each as it is; <c>--id</c> and <c>--connection</c> are appended when it is started.</param>
    /// <returns>The specification.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="assemblyPath"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="assemblyPath"/> is empty, or an argument is null.</exception>
    public static WorkerSpecification ForDotnet(string assemblyPath, params ReadOnlySpan<string> arguments)
    {
        ArgumentException.ThrowIfNullOrEmpty(assemblyPath);
        return ForCommand("dotnet", [assemblyPath, .. arguments]);
    }

    /// <summary>The worker is reached over a Unix domain socket.</summary>
    /// <returns>The changed specification.</returns>
    public WorkerSpecification OverUnixDomainSocket() => WithConnection(new UnixDomainSocketConnection());

    /// <summary>The worker is reached over TCP on the loopback addresses.</summary>
    /// <returns>The changed specification.</returns>
    public WorkerSpecification OverTcp() => WithConnection(new LocalTcpConnection());

    /// <summary>The worker is reached over a transport that is not part of this library.</summary>
    /// <param name="name">The transport's name.</param>
    /// <param name="settings">Settings for the transport; none if left out.</param>
    /// <returns>The changed specification.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    public WorkerSpecification OverCustom(string name, ValueMap<string, string> settings = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return WithConnection(new CustomConnection { Name = name, Settings = settings });
    }

    /// <summary>The worker is reached over the given connection.</summary>
    /// <param name="connection">The connection.</param>
    /// <returns>The changed specification.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="connection"/> is null.</exception>
    public WorkerSpecification WithConnection(WorkerConnectionSpecification connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return WithProperties(PropertiesOrNew with { Connection = connection });
    }

    /// <summary>The protocol's messages are carried by the given carrier.</summary>
    /// <param name="carrier">The carrier.</param>
    /// <returns>The changed specification.</returns>
    public WorkerSpecification WithCarrier(WorkerCarrier carrier) => WithProperties(PropertiesOrNew with { Carrier = carrier });

    /// <summary>How long a worker may take from its start until it answers.</summary>
    /// <param name="timeout">Whole milliseconds; null or zero for the dispatcher's default.</param>
    /// <returns>The changed specification.</returns>
    public WorkerSpecification WithInitializationTimeout(TimeSpan? timeout) =>
        WithProperties(PropertiesOrNew with { InitializationTimeout = timeout });

    /// <summary>How long a worker may take to end before it is killed.</summary>
    /// <param name="timeout">Whole milliseconds; null or zero for the dispatcher's default.</param>
    /// <returns>The changed specification.</returns>
    public WorkerSpecification WithGracefulTerminationTimeout(TimeSpan? timeout) =>
        WithProperties(PropertiesOrNew with { GracefulTerminationTimeout = timeout });

    /// <summary>Adds a variable to the environment of the worker's process, or gives it another value.</summary>
    /// <param name="name">The variable's name.</param>
    /// <param name="value">Its value.</param>
    /// <returns>The changed specification.</returns>
    /// <exception cref="ArgumentNullException">The name or the value is null.</exception>
    public WorkerSpecification WithEnvironmentVariable(string name, string value)
    {
        DirectWorker direct = Direct ?? new DirectWorker();
        ProcessCallable runner = direct.Runner ?? new ProcessCallable();
        return this with
        {
            Direct = direct with { Runner = runner with { EnvironmentVariables = runner.EnvironmentVariables.With(name, value) } },
        };
    }

    /// <summary>Says which formats of batches the worker takes and gives, in place of those said before.</summary>
    /// <param name="formats">The formats.</param>
    /// <returns>The changed specification.</returns>
    public WorkerSpecification WithDataFormats(params ReadOnlySpan<WorkerDataFormat> formats) =>
        this with { Capabilities = CapabilitiesOrNew with { DataFormats = ValueList.Create(formats) } };

    /// <summary>Says whether a worker can serve another execution after one has ended.</summary>
    /// <param name="supported">Whether it can.</param>
    /// <returns>The changed specification.</returns>
    public WorkerSpecification WithReuse(bool supported = true) =>
        this with { Capabilities = CapabilitiesOrNew with { SupportsReuse = supported } };

    /// <summary>Says whether one worker runs several executions at the same time.</summary>
    /// <param name="supported">Whether it does.</param>
    /// <returns>The changed specification.</returns>
    public WorkerSpecification WithConcurrentUdfs(bool supported = true) =>
        this with { Capabilities = CapabilitiesOrNew with { SupportsConcurrentUdfs = supported } };

    /// <summary>Says whether the worker answers its manage connection whatever its functions do.</summary>
    /// <param name="isIndependent">Whether it does.</param>
    /// <returns>The changed specification.</returns>
    public WorkerSpecification WithIndependentManage(bool isIndependent = true) =>
        this with { Capabilities = CapabilitiesOrNew with { ManageIsIndependent = isIndependent } };

    /// <summary>The environment is made by the given callable.</summary>
    /// <param name="installation">The callable; null for none.</param>
    /// <returns>The changed specification.</returns>
    public WorkerSpecification WithInstallation(ProcessCallable? installation) =>
        this with { Environment = EnvironmentOrNew with { Installation = installation } };

    /// <summary>The given callable says by exit code 0 that nothing needs to be installed.</summary>
    /// <param name="verification">The callable; null for none. It needs an installation beside it.</param>
    /// <returns>The changed specification.</returns>
    public WorkerSpecification WithVerification(ProcessCallable? verification) =>
        this with { Environment = EnvironmentOrNew with { Verification = verification } };

    /// <summary>The environment is taken away by the given callable after all workers have ended.</summary>
    /// <param name="cleanup">The callable; null for none.</param>
    /// <returns>The changed specification.</returns>
    public WorkerSpecification WithCleanup(ProcessCallable? cleanup) =>
        this with { Environment = EnvironmentOrNew with { Cleanup = cleanup } };

    /// <summary>Adds a setting that goes to every session as it is, or gives it another value.</summary>
    /// <param name="name">The setting's name.</param>
    /// <param name="value">Its value.</param>
    /// <returns>The changed specification.</returns>
    /// <exception cref="ArgumentNullException">The name or the value is null.</exception>
    public WorkerSpecification WithStaticConfig(string name, string value)
    {
        WorkerSessionSpecification session = SessionOrNew;
        return this with { Session = session with { StaticConfig = session.StaticConfig.With(name, value) } };
    }

    /// <summary>Asks for a setting that the engine knows when a session begins.</summary>
    /// <param name="name">The setting's name.</param>
    /// <param name="isRequired">Whether a session without it fails to begin.</param>
    /// <returns>The changed specification.</returns>
    /// <exception cref="ArgumentNullException">The name is null.</exception>
    public WorkerSpecification WithDynamicConfig(string name, bool isRequired = false)
    {
        WorkerSessionSpecification session = SessionOrNew;
        var requirement = new DynamicConfigRequirement { IsRequired = isRequired };
        return this with { Session = session with { DynamicConfig = session.DynamicConfig.With(name, requirement) } };
    }

    /// <summary>Asks for a variable of the engine's environment.</summary>
    /// <param name="name">The name under which sessions get it.</param>
    /// <param name="source">Its name in the engine's process.</param>
    /// <param name="defaultValue">The value if the engine's process has no such variable; null to leave it out then.</param>
    /// <returns>The changed specification.</returns>
    /// <exception cref="ArgumentNullException">The name or the source is null.</exception>
    public WorkerSpecification WithEnvironmentVariableReference(string name, string source, string? defaultValue = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        WorkerSessionSpecification session = SessionOrNew;
        var reference = new WorkerContextReference { Source = source, DefaultValue = defaultValue };
        return this with
        {
            Session = session with { EnvironmentVariableReferences = session.EnvironmentVariableReferences.With(name, reference) },
        };
    }

    /// <summary>Says which directories the engine has to name to each session, in place of those said before.</summary>
    /// <param name="names">Logical names, none twice.</param>
    /// <returns>The changed specification.</returns>
    /// <exception cref="ArgumentException">A name is null.</exception>
    public WorkerSpecification WithRequiredResourceDirectories(params ReadOnlySpan<string> names) =>
        this with { Session = SessionOrNew with { RequiredResourceDirectories = ValueList.Create(names) } };

    private WorkerSpecification WithProperties(WorkerProperties properties) =>
        this with { Direct = (Direct ?? new DirectWorker()) with { Properties = properties } };
}
