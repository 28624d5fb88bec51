namespace Udf.Worker.Isolation.Functions;

/// <summary>It can be written as JSON, and what was written cannot be read back.</summary>
public sealed class ReadOnlyThing
{
    private int _value;

    public int Value => _value;

    public ReadOnlyThing Set(int value)
    {
        _value = value;
        return this;
    }
}
