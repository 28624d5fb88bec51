namespace Udf.Worker;

/// <summary>Reads the value on whose first token the cursor stands, and leaves it on the value's last token.</summary>
internal delegate T JsonValueReader<out T>(ref SpecificationJsonCursor cursor);
