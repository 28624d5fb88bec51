using FsCheck;
using FsCheck.Fluent;
using Udf.Worker.Protocol.Messages;
using State = Udf.Worker.Protocol.WorkerExecutionState;

namespace Udf.Worker.Protocol.Tests.Executions;

/// <summary>A worker's execution under any sequence of messages and events, sensible or not.</summary>
public class WorkerExecutionRandomTests : WorkerExecutionTestBase
{
    private static readonly string[] Events =
    [
        "Init", "Init", "ChunkingInit", "BadInit", "Chunk", "LastChunk", "Data", "Data", "Finish", "Finish", "Cancel", "Cancel", "Cancel",
        "Empty", "EmptyControl", "Undecodable", "Broken", "End", "Manage", "ShutDown", "InputEnded",
        "Returns", "Returns", "Returns", "Returns", "Fails", "Fails", "FunctionFails",
    ];

    [Fact]
    public void AnySequence_WhatGoesOut_KeepsTheOrderOfTheProtocol() =>
        Prop.ForAll(Gen.ListOf(Gen.Elements(Events)).ToArbitrary(), events =>
        {
            Recorder recorder = new();
            WorkerExecution worker = Create();
            foreach (string name in events)
            {
                recorder.Step(worker, name);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000).WithEndSize(60));

    [Fact]
    public void AnySequence_ThenCancelAndReturns_AlwaysEnds() =>
        Prop.ForAll(Gen.ListOf(Gen.Elements(Events)).ToArbitrary(), events =>
        {
            Recorder recorder = new();
            WorkerExecution worker = Create();
            foreach (string name in events.Append("Cancel").Append("Returns").Append("Returns"))
            {
                recorder.Step(worker, name);
            }

            Assert.Contains(worker.State, new[] { State.Idle, State.Closed });
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000).WithEndSize(60));

    [Fact]
    public void AnySequence_ThenEndOfStreamAndReturns_ClosesWithNothingSent() =>
        Prop.ForAll(Gen.ListOf(Gen.Elements(Events)).ToArbitrary(), events =>
        {
            Recorder recorder = new();
            WorkerExecution worker = Create();
            foreach (string name in events)
            {
                recorder.Step(worker, name);
            }

            int sent = recorder.SentCount;
            foreach (string name in new[] { "End", "Returns", "Returns" })
            {
                recorder.Step(worker, name);
            }

            Assert.Equal(State.Closed, worker.State);
            Assert.Equal(sent, recorder.SentCount);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000).WithEndSize(60));

    /// <summary>Feeds events that make sense to a caller, and holds each decision against what was sent before.</summary>
    private sealed class Recorder
    {
        private bool _executing;
        private bool _initResponseSent;
        private bool _initFailed;
        private bool _errorSent;
        private bool _connectionEnded;
        private bool _isFirst = true;

        internal int SentCount { get; private set; }

        internal void Step(WorkerExecution worker, string name)
        {
            if (_connectionEnded && name is not ("Manage" or "ShutDown" or "FunctionFails"))
            {
                return;
            }

            State before = worker.State;
            if (Feed(worker, name) is not { } decision)
            {
                return;
            }

            bool beginsExecution = before is State.AwaitingInit or State.Idle && worker.State is not (State.AwaitingInit or State.Idle or State.Closed);
            if (beginsExecution || (before == State.AwaitingInit && (decision.Reply ?? decision.Terminator) is not null))
            {
                Assert.False(_executing);
                _executing = true;
                _initResponseSent = _initFailed = _errorSent = false;
                _isFirst = false;
            }

            if (decision.Reply is { } reply)
            {
                Sent();
                if (reply.Control.ControlCase == UdfControlResponse.ControlOneofCase.Init)
                {
                    Assert.False(_initResponseSent, "Two InitResponses.");
                    _initResponseSent = true;
                    _initFailed = reply.Control.Init.Error is not null;
                }
                else
                {
                    Assert.Equal(UdfControlResponse.ControlOneofCase.Error, reply.Control.ControlCase);
                    Assert.True(_initResponseSent, "ErrorResponse before InitResponse.");
                    Assert.False(_initFailed, "ErrorResponse after a failed init.");
                    Assert.False(_errorSent, "Two ErrorResponses.");
                    _errorSent = true;
                }
            }

            if (decision.Terminator is { } terminator)
            {
                Sent();
                if (terminator.Control.ControlCase == UdfControlResponse.ControlOneofCase.Finish)
                {
                    Assert.True(_initResponseSent && !_initFailed && !_errorSent, "FinishResponse after an error.");
                }
                else
                {
                    Assert.Equal(UdfControlResponse.ControlOneofCase.Cancel, terminator.Control.ControlCase);
                }

                _executing = false;
                Assert.Contains(worker.State, new[] { State.Idle, State.Closed });
            }

            if (worker.CanSendOutput)
            {
                Assert.True(_initResponseSent && !_initFailed && !_errorSent && _executing);
            }

            Assert.Equal(decision.EndsConnection, worker.State == State.Closed && before != State.Closed);
            _connectionEnded |= decision.EndsConnection;
            Assert.False(worker.State == State.AwaitingInit && !_isFirst, "A connection is new once.");
            if (worker.State == State.Idle)
            {
                Assert.False(_executing, "An execution ended without a terminator on a connection that lives.");
            }

            void Sent()
            {
                Assert.True(_executing, "Something was sent between executions.");
                Assert.False(_connectionEnded);
                SentCount++;
            }
        }

        private static WorkerDecision? Feed(WorkerExecution worker, string name) => (name, worker.State) switch
        {
            ("Init", _) => worker.Receive(Requests.Init()),
            ("ChunkingInit", _) => worker.Receive(Requests.Init(isChunking: true)),
            ("BadInit", _) => worker.Receive(Requests.Init(change: init => init.ProtocolVersion = 7)),
            ("Chunk", _) => worker.Receive(Requests.Chunk()),
            ("LastChunk", _) => worker.Receive(Requests.Chunk(isLast: true)),
            ("Data", _) => worker.Receive(Requests.Data()),
            ("Finish", _) => worker.Receive(Requests.Finish()),
            ("Cancel", _) => worker.Receive(Requests.Cancel()),
            ("Empty", _) => worker.Receive(Requests.Empty()),
            ("EmptyControl", _) => worker.Receive(Requests.EmptyControl()),
            ("Undecodable", _) => worker.ReceiveUndecodable("Torn."),
            ("Broken", _) => worker.ReceiveBrokenFrame(Broken),
            ("End", _) => worker.ReceiveEndOfStream(),
            ("Manage", _) => worker.CancelledByManage(),
            ("ShutDown", _) => worker.ShutDown("going home"),
            ("Returns", State.Initializing) => worker.InitSucceeded(),
            ("Returns", State.Finishing) => worker.FinishSucceeded(),
            ("Returns", State.Cancelling) => worker.CancelCompleted(),
            ("Fails", State.Initializing) => worker.InitFailed(Failure),
            ("Fails", State.Finishing) => worker.FinishFailed(Failure),
            ("Fails", State.Cancelling) => worker.CancelCompleted(Failure),
            ("FunctionFails", State.Data or State.Finishing or State.AwaitingCancel or State.Cancelling or State.Idle or State.Closed) =>
                worker.FunctionFailed(Failure),
            ("InputEnded", State.Data or State.Finishing) => InputEnded(worker),
            _ => null,
        };

        private static WorkerDecision? InputEnded(WorkerExecution worker)
        {
            worker.InputEnded();
            return null;
        }
    }
}
