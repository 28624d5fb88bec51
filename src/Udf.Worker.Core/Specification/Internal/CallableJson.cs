namespace Udf.Worker;

/// <summary>Reads a callable from JSON.</summary>
internal static class CallableJson
{
    private static readonly JsonMessage Message = new(
        "A callable",
        SpecificationFields.Command,
        SpecificationFields.Arguments,
        SpecificationFields.EnvironmentVariables);

    public static ProcessCallable Read(ref SpecificationJsonCursor cursor)
    {
        var callable = new ProcessCallable();
        JsonMessageScope scope = cursor.BeginMessage(Message);
        while (cursor.NextField(ref scope, out string field))
        {
            callable = field switch
            {
                SpecificationFields.Command => callable with { Command = cursor.List(static (ref cursor) => cursor.String()) },
                SpecificationFields.Arguments => callable with { Arguments = cursor.List(static (ref cursor) => cursor.String()) },
                _ => callable with { EnvironmentVariables = cursor.Map(static (ref cursor) => cursor.String()) },
            };
        }

        return callable;
    }
}
