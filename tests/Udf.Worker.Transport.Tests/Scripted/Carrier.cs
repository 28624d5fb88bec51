namespace Udf.Worker.Transport.Tests;

/// <summary>What a scripted worker is reached by.</summary>
public enum Carrier
{
    Memory,
    Uds,
    Tcp,
}
