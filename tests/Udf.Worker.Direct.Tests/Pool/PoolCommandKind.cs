namespace Udf.Worker.Direct.Tests.Pool;

internal enum PoolCommandKind
{
    Acquire,
    Cancel,
    StartSucceeds,
    StartFails,
    Release,
    ReleaseBroken,
    ReleaseUnused,
    ReleaseFull,
    Lost,
    Gone,
    Retire,
    Advance,
    WarmUp,
    GiveUpMinimum,
    Replace,
    Drain,
    Close,
    Misuse,
}
