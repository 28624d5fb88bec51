using System.Reflection;
using System.Text.Json;

namespace Udf.Worker.Testing;

/// <summary>A program that serves the conformance functions, to be started as a worker.</summary>
public sealed record WorkerProgram(string Name, string Command, ValueList<string> Arguments)
{
    /// <summary>The C# worker, which also has the faults that <see cref="Misbehaving"/> asks for. It is built with the tests.</summary>
    public static WorkerProgram TestWorker { get; } = new("the C# worker", "dotnet", [Path.GetFullPath(Metadata("TestWorker"))]);

    /// <summary>The worker in plain Python.</summary>
    public static WorkerProgram Python { get; } = new("the Python worker", PythonInterpreter.Path ?? "python3", [Path.Combine(PythonDirectory, "worker.py")]);

    /// <summary>Where the Python worker and the conformance kit stand.</summary>
    public static string PythonDirectory => Path.GetFullPath(Metadata("PythonWorkers"));

    /// <summary>The specification, without a connection.</summary>
    public WorkerSpecification Specification => WorkerSpecification.ForCommand(Command, Arguments.AsSpan()).WithEnvironmentVariable("UDF_WORKER_CONFORMANCE", "1");

    /// <summary>The specification of the C# worker with one of its faults.</summary>
    public static WorkerSpecification Misbehaving(string fault) => TestWorker.Specification.WithEnvironmentVariable("UDF_TEST_MISBEHAVE", fault);

    /// <summary>
    /// A worker with a single thread, as good as: <c>test.compute</c> keeps every other thread from running for two seconds in each batch, that of the manage connection too, and echoes then.
    /// </summary>
    public static WorkerSpecification SingleThreaded() => WorkerSpecification.ForCommand(PythonInterpreter.Path!, "-c", $$"""
        import ctypes, os, sys
        sys.path.insert(0, {{JsonSerializer.Serialize(PythonDirectory)}})
        from udf_worker import conformance, main

        class Compute(conformance.Echo):
            def batch(self, data):
                ctypes.PyDLL(None).sleep(2)  # Unlike with CDLL, the lock of the interpreter is held meanwhile.
                return (data,)

        conformance.FUNCTIONS["test.compute"] = Compute
        sys.exit(main.main(sys.argv[1:]))
        """).WithEnvironmentVariable("UDF_WORKER_CONFORMANCE", "1");

    /// <summary>The specification of the hostile Python worker with one of its faults: <c>tests/workers/python/hostile_worker</c> has them. It starts sooner than any other.</summary>
    public static WorkerSpecification Hostile(string fault) =>
        WorkerSpecification.ForCommand(Python.Command, "-I", "-S", Path.Combine(PythonDirectory, "hostile.py"))
            .WithEnvironmentVariable("UDF_WORKER_CONFORMANCE", "1")
            .WithEnvironmentVariable("UDF_TEST_MISBEHAVE", fault);

    /// <summary>A worker that is a shell script, for faults of processes. The address that it is given stands in <c>$4</c>.</summary>
    public static WorkerSpecification Script(string script) => WorkerSpecification.ForCommand("/bin/sh", "-c", script, "worker");

    public override string ToString() => Name;

    private static string Metadata(string key) =>
        typeof(WorkerProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
