using Microsoft.Extensions.Logging;
using Moq;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>The scenarios of upstream's UDFDispatcherManagerSuite, and those around them.</summary>
public sealed class WorkerDispatcherProviderTests
{
    private readonly FakeDispatcherFactory _factory = new();

    [Fact]
    public async Task GetDispatcher_SameSpecification_SameDispatcher()
    {
        await using var provider = new WorkerDispatcherProvider([_factory]);
        WorkerSpecification specification = Scripts.Worker();

        Assert.Same(provider.GetDispatcher(specification), provider.GetDispatcher(specification));
        Assert.Single(_factory.Created);
    }

    [Fact]
    public async Task GetDispatcher_EqualSpecifications_SameDispatcher()
    {
        await using var provider = new WorkerDispatcherProvider([_factory]);

        Assert.Same(provider.GetDispatcher(Scripts.Worker()), provider.GetDispatcher(Scripts.Worker()));
        Assert.Single(_factory.Created);
    }

    [Fact]
    public async Task GetDispatcher_SeveralTransports_OnlyTheOneThatCanIsAskedToCreate()
    {
        WorkerSpecification specification = Scripts.Worker();
        var other = new Mock<IWorkerDispatcherFactory>();
        other.SetupGet(factory => factory.Name).Returns("other");
        other.Setup(factory => factory.CanCreate(specification)).Returns(false);
        await using var provider = new WorkerDispatcherProvider([other.Object, _factory]);

        WorkerDispatcher dispatcher = provider.GetDispatcher(specification);

        Assert.Same(Assert.Single(_factory.Created), dispatcher);
        other.Verify(factory => factory.CanCreate(specification), Times.Once);
        other.Verify(factory => factory.Create(It.IsAny<WorkerSpecification>()), Times.Never);
    }

    [Fact]
    public async Task GetDispatcher_DifferentSpecifications_DifferentDispatchers()
    {
        await using var provider = new WorkerDispatcherProvider([_factory]);

        Assert.NotSame(provider.GetDispatcher(Scripts.Worker("a")), provider.GetDispatcher(Scripts.Worker("b")));
        Assert.Equal(2, _factory.Created.Count);
    }

    [Fact]
    public async Task GetDispatcher_ManyThreadsAtOnce_OneIsCreated()
    {
        await using var provider = new WorkerDispatcherProvider([_factory]);
        using var barrier = new Barrier(8);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                return provider.GetDispatcher(Scripts.Worker());
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))).DefaultTimeout();

        Assert.Single(_factory.Created);
    }

    [Fact]
    [Failure("no worker has the name")]
    public async Task GetDispatcher_ByName_IsTheOneOfTheSpecification()
    {
        await using var provider = new WorkerDispatcherProvider([_factory], [KeyValuePair.Create("python", Scripts.Worker())]);

        Assert.Same(provider.GetDispatcher(Scripts.Worker()), provider.GetDispatcher("python"));
        string message = Assert.Throws<ArgumentException>(() => provider.GetDispatcher("pyton")).Message;
        Assert.Contains("'pyton'", message, StringComparison.Ordinal);
        Assert.Contains("'python'", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetDispatcher_InvalidSpecification_ListsItsProblems()
    {
        await using var provider = new WorkerDispatcherProvider([_factory]);

        Assert.Throws<WorkerSpecificationException>(() => provider.GetDispatcher(WorkerSpecification.ForCommand("worker")));
    }

    [Theory]
    [InlineData(true, "dotnet add package Udf.Worker.Transport.Uds", ".UseUnixDomainSockets()")]
    [InlineData(false, "dotnet add package Udf.Worker.Transport.Tcp", ".UseTcp()")]
    public async Task GetDispatcher_NoTransportWasAdded_NamesThePackageToAdd(bool overUnixDomainSocket, string package, string call)
    {
        await using var provider = new WorkerDispatcherProvider([]);
        WorkerSpecification specification = overUnixDomainSocket ? Scripts.Worker().OverUnixDomainSocket() : Scripts.Worker().OverTcp();

        string message = Assert.Throws<InvalidOperationException>(() => provider.GetDispatcher(specification)).Message;

        Assert.Contains("No transport was added", message, StringComparison.Ordinal);
        Assert.Contains(package, message, StringComparison.Ordinal);
        Assert.Contains(call, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetDispatcher_AnotherTransportWasAdded_NamesBoth()
    {
        await using var provider = new WorkerDispatcherProvider([_factory]);

        string message = Assert.Throws<InvalidOperationException>(() => provider.GetDispatcher(Scripts.Worker().OverCustom("pigeons"))).Message;

        Assert.Contains("'pigeons'", message, StringComparison.Ordinal);
        Assert.Contains("Added were only: fakes", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_ClosesAllAtTheSameTimeEachOnceAndThenRefuses()
    {
        var provider = new WorkerDispatcherProvider([_factory]);
        provider.GetDispatcher(Scripts.Worker("a"));
        provider.GetDispatcher(Scripts.Worker("b"));
        using var both = new CountdownEvent(2);
        var together = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (FakeDispatcherFactory.CountingDispatcher dispatcher in _factory.Created)
        {
            dispatcher.OnDispose = () =>
            {
                if (both.Signal())
                {
                    together.SetResult();
                }

                return together.Task;
            };
        }

        await Task.WhenAll(provider.DisposeAsync().AsTask(), provider.DisposeAsync().AsTask()).DefaultTimeout();
        provider.Dispose();

        Assert.All(_factory.Created, dispatcher => Assert.Equal(1, dispatcher.DisposeCount));
        Assert.Throws<ObjectDisposedException>(() => provider.GetDispatcher(Scripts.Worker("a")));
    }

    [Fact]
    public async Task Dispose_OneFails_TheOthersAreDisposedAndItIsLogged()
    {
        var logs = new ListLoggerFactory();
        var provider = new WorkerDispatcherProvider([_factory], loggerFactory: logs);
        provider.GetDispatcher(Scripts.Worker("a"));
        provider.GetDispatcher(Scripts.Worker("b"));
        _factory.Created.First().OnDispose = () => throw new InvalidOperationException("stuck");

        await provider.DisposeAsync().DefaultTimeout();

        Assert.All(_factory.Created, dispatcher => Assert.Equal(1, dispatcher.DisposeCount));
        Assert.Equal("stuck", Assert.Single(logs.Of(LogLevel.Error)).Exception!.Message);
    }
}
