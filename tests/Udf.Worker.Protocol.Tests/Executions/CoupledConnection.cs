using Google.Protobuf;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol.Tests.Executions;

/// <summary>What may go wrong in one run of a <see cref="CoupledConnection"/>.</summary>
public enum CoupledFault
{
    None,
    ConnectionCut,
    EngineBreaksRules,
    WorkerBreaksRules,
    WorkerShutsDown,
}

/// <summary>
/// An engine and a worker over two queues that keep the order, for several executions on one connection. Who takes the next
/// step, what the function does and where the fault strikes are drawn from one seed.
/// </summary>
internal sealed class CoupledConnection(int seed, CoupledFault fault)
{
    private const int MaxSteps = 5_000;
    private const int MaxExecutions = 4;

    private readonly Random _random = new(seed);
    private readonly Queue<UdfRequest?> _toWorker = new();
    private readonly Queue<UdfResponse?> _toEngine = new();
    private readonly WorkerExecution _worker = new(new WorkerExecutionOptions { DataFormats = [UDFWorkerDataFormat.Raw] });

    private EngineExecution _engine = new();
    private WorkerAction _running = WorkerAction.None;
    private bool _isCut;
    private bool _workerIsGone;
    private bool _faultHasStruck;

    // Of the execution at hand.
    private int _id;
    private int _chunksLeft;
    private int _inputsLeft;
    private int _inputsSent;
    private int _inputsTaken;
    private int _outputsMade;
    private int _outputsRead;
    private bool _inputEnded;
    private bool _manageCancelIsDue;

    internal List<EngineExecutionOutcome> Outcomes { get; } = [];

    internal bool LastWasReusable { get; private set; }

    internal bool FaultHasStruck => _faultHasStruck;

    internal void Run()
    {
        BeginExecution();
        for (int step = 0; step < MaxSteps; step++)
        {
            if (_engine.Outcome is not null && !NextExecution())
            {
                SettleWorker();
                return;
            }

            Step();
        }

        throw new InvalidOperationException($"No end: engine {_engine.State}, worker {_worker.State}, running {_running}.");
    }

    private void BeginExecution()
    {
        _engine = new EngineExecution();
        _id++;
        _chunksLeft = 0;
        _inputsLeft = _random.Next(5);
        _inputsSent = _inputsTaken = _outputsMade = _outputsRead = 0;
        _inputEnded = false;
    }

    private bool NextExecution()
    {
        Outcomes.Add(_engine.Outcome!);
        LastWasReusable = _engine.IsConnectionReusable;
        AssertConsistent(_engine.Outcome!);
        if (!LastWasReusable || _id == MaxExecutions || _isCut)
        {
            return false;
        }

        BeginExecution();
        return true;
    }

    // What a finished execution promises: nothing was lost on either way.
    private void AssertConsistent(EngineExecutionOutcome outcome)
    {
        if (outcome.Kind == EngineOutcomeKind.Finished && fault is not (CoupledFault.WorkerBreaksRules or CoupledFault.EngineBreaksRules))
        {
            Assert.True(_inputEnded || _inputsTaken == _inputsSent, "Input was lost.");
            if (LastWasReusable)
            {
                Assert.Equal(_outputsMade, _outputsRead);
            }
        }

        if (!_faultHasStruck)
        {
            Assert.DoesNotContain(outcome.Kind, new[] { EngineOutcomeKind.ProtocolViolated, EngineOutcomeKind.TransportFailed });
        }

        Assert.False(LastWasReusable && outcome.Kind is (EngineOutcomeKind.ProtocolViolated or EngineOutcomeKind.TransportFailed));
    }

    private void Step()
    {
        if (fault == CoupledFault.ConnectionCut && !_isCut && _random.Next(40) == 0)
        {
            Cut();
        }

        switch (_random.Next(4))
        {
            case 0:
                EngineSends();
                break;
            case 1:
                EngineReads();
                break;
            case 2:
                WorkerReads();
                break;
            default:
                FunctionMoves();
                break;
        }
    }

    private void Cut()
    {
        _isCut = _faultHasStruck = true;

        // What was under way may arrive or not; then both see the end.
        for (int index = _random.Next(3); index < _toWorker.Count; index++)
        {
            _toWorker.Dequeue();
        }

        _toWorker.Enqueue(null);
        _toEngine.Enqueue(null);
    }

    private void EngineSends()
    {
        if (fault == CoupledFault.EngineBreaksRules && _random.Next(20) == 0)
        {
            BreakRulesAsEngine();
        }

        switch (_engine.State)
        {
            case EngineExecutionState.Created:
                bool isChunking = _random.Next(2) == 0;
                if (_random.Next(20) == 0)
                {
                    Assert.False(_engine.TrySendCancel());
                }
                else if (_engine.TrySendInit(isChunking))
                {
                    _chunksLeft = isChunking ? _random.Next(1, 4) : 0;
                    Send(Requests.Init(isChunking, init => init.TaskContext["udf.execution_id"] = Id));
                }

                break;
            case EngineExecutionState.SendingChunks when MaybeCancel():
                break;
            case EngineExecutionState.SendingChunks:
                bool isLast = --_chunksLeft == 0;
                Assert.True(_engine.TrySendChunk(isLast));
                Send(Requests.Chunk(isLast: isLast ? true : null));
                break;
            case EngineExecutionState.AwaitingInitResponse:
            case EngineExecutionState.Finishing:
                MaybeCancel();
                break;
            case EngineExecutionState.Data when MaybeCancel():
                break;
            case EngineExecutionState.Data when _inputsLeft > 0:
                _inputsLeft--;
                _inputsSent++;
                Assert.True(_engine.TrySendData());
                Send(new UdfRequest { Data = new DataRequest { Data = ByteString.CopyFromUtf8(Id) } });
                break;
            case EngineExecutionState.Data:
                Assert.True(_engine.TrySendFinish());
                Send(Requests.Finish());
                break;
            case EngineExecutionState.Failed:
                SendCancel();
                break;
            case EngineExecutionState.Cancelling:
            case EngineExecutionState.Ended:
                break;
            default:
                throw new InvalidOperationException($"Unknown state {_engine.State}.");
        }
    }

    private bool MaybeCancel()
    {
        if (_random.Next(12) != 0)
        {
            return false;
        }

        _manageCancelIsDue = _random.Next(2) == 0;
        SendCancel();
        return true;
    }

    private void SendCancel()
    {
        Assert.True(_engine.TrySendCancel());
        Assert.False(_engine.TrySendCancel());
        Send(Requests.Cancel());
    }

    // Without Init once the worker may be idle: it would be the next execution's.
    private void BreakRulesAsEngine()
    {
        bool beforeFinish = _engine.State is EngineExecutionState.AwaitingInitResponse or EngineExecutionState.Data;
        if (!beforeFinish && _engine.State != EngineExecutionState.Finishing)
        {
            return;
        }

        _faultHasStruck = true;
        Send(_random.Next(beforeFinish ? 5 : 4) switch
        {
            0 => Requests.Chunk(),
            1 => Requests.Empty(),
            2 => Requests.EmptyControl(),
            3 => new UdfRequest { Data = new DataRequest { Data = ByteString.CopyFromUtf8(Id) } },
            _ => Requests.Init(),
        });
    }

    private void Send(UdfRequest request)
    {
        if (!_isCut)
        {
            _toWorker.Enqueue(request);
        }
    }

    private void EngineReads()
    {
        if (!_toEngine.TryDequeue(out UdfResponse? response))
        {
            return;
        }

        if (response is null)
        {
            _engine.ConnectionLost("The stream ended.");
            return;
        }

        EngineAction action = _engine.Receive(response);
        if (action == EngineAction.Deliver)
        {
            _outputsRead++;

            // A worker that sends a terminator too early is believed, and what it still had to say comes in the next execution.
            if (fault != CoupledFault.WorkerBreaksRules)
            {
                Assert.Equal(Id, response.Data.Data.ToStringUtf8());
            }
        }

        Assert.Equal(action == EngineAction.Ended, _engine.Outcome is not null);
    }

    private void WorkerReads()
    {
        if (_manageCancelIsDue && _worker.Init?.TaskContext.GetValueOrDefault("udf.execution_id") == Id)
        {
            _manageCancelIsDue = false;
            CarryOut(_worker.CancelledByManage());
        }

        if (fault == CoupledFault.WorkerShutsDown && !_workerIsGone && _random.Next(40) == 0)
        {
            _faultHasStruck = true;
            CarryOut(_worker.ShutDown("going home"));
        }

        if (_workerIsGone || !_toWorker.TryDequeue(out UdfRequest? request))
        {
            return;
        }

        CarryOut(request is null ? _worker.ReceiveEndOfStream() : _worker.Receive(request));
    }

    private void CarryOut(WorkerDecision decision)
    {
        Reply(decision.Reply);
        Reply(decision.Terminator);
        switch (decision.Action)
        {
            case WorkerAction.RunInit:
            case WorkerAction.BeginFinish:
                Assert.Equal(WorkerAction.None, _running);
                _running = decision.Action;
                break;
            case WorkerAction.RunCancel:
                _running = decision.Action;
                break;
            case WorkerAction.Deliver:
                _inputsTaken++;
                break;
            case WorkerAction.None:
            case WorkerAction.Interrupt:
                break;
            default:
                throw new InvalidOperationException($"Unknown action {decision.Action}.");
        }

        if (decision.EndsConnection)
        {
            _workerIsGone = true;
            if (!_isCut)
            {
                _isCut = true;
                _toEngine.Enqueue(null);
            }
        }
    }

    private void Reply(UdfResponse? response)
    {
        if (response is not null && !_isCut)
        {
            _toEngine.Enqueue(response);
        }
    }

    private void FunctionMoves()
    {
        if (fault == CoupledFault.WorkerBreaksRules && _random.Next(20) == 0)
        {
            _faultHasStruck = true;
            Reply(_random.Next(5) switch
            {
                0 => Replies.Init(),
                1 => Replies.Finish(),
                2 => Replies.Cancel(),
                3 => Replies.Empty(),
                _ => Replies.EmptyControl(),
            });
        }

        if (_worker.CanSendOutput && _random.Next(2) == 0)
        {
            _outputsMade++;
            Reply(new UdfResponse { Data = new DataResponse { Data = ByteString.CopyFromUtf8(_worker.Init!.TaskContext["udf.execution_id"]) } });
            return;
        }

        bool fails = _random.Next(8) == 0;
        ExecutionError failure = ExecutionErrors.User("requested");
        switch (_running)
        {
            case WorkerAction.RunInit:
                _running = WorkerAction.None;
                CarryOut(fails ? _worker.InitFailed(failure) : _worker.InitSucceeded());
                break;
            case WorkerAction.BeginFinish:
                _running = WorkerAction.None;
                CarryOut(!fails ? _worker.FinishSucceeded() : _random.Next(2) == 0 ? _worker.FinishFailed(failure) : _worker.FunctionFailed(failure));
                break;
            case WorkerAction.RunCancel:
                _running = WorkerAction.None;
                CarryOut(_worker.CancelCompleted(fails ? failure : null));
                break;
            case WorkerAction.None when _worker.State == WorkerExecutionState.Data && fails:
                CarryOut(_worker.FunctionFailed(failure));
                break;
            case WorkerAction.None when _worker.State == WorkerExecutionState.Data && _random.Next(8) == 0:
                _inputEnded = true;
                _worker.InputEnded();
                break;
            default:
                break;
        }
    }

    // The engine closes; the worker cleans up, whatever it was doing.
    private void SettleWorker()
    {
        _isCut = true;
        _toWorker.Enqueue(null);
        for (int step = 0; step < MaxSteps && (_worker.State != WorkerExecutionState.Closed || _running != WorkerAction.None); step++)
        {
            WorkerReads();
            FunctionMoves();
        }

        Assert.Equal(WorkerExecutionState.Closed, _worker.State);
        Assert.Equal(WorkerAction.None, _running);
    }

    private string Id => $"execution {_id}";
}
