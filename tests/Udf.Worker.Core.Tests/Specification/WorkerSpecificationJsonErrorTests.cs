using Udf.Worker.Testing;

namespace Udf.Worker.Core.Tests.Specification;

public class WorkerSpecificationJsonErrorTests
{
    [Theory]

    // Wrong kinds of values, each kind of field.
    [InlineData("""[]""", "", "is an object, but here is a list")]
    [InlineData("""null""", "", "is an object, but here is null")]
    [InlineData("""{"direct": []}""", "direct", "is an object, but here is a list")]
    [InlineData("""{"environment": "x"}""", "environment", "is an object, but here is the text \"x\"")]
    [InlineData("""{"environment": {"installation": 1}}""", "environment.installation", "is an object, but here is the number 1")]
    [InlineData("""{"capabilities": true}""", "capabilities", "is an object, but here is true")]
    [InlineData("""{"session": false}""", "session", "is an object, but here is false")]
    [InlineData("""{"direct": {"runner": {"command": "python3"}}}""", "direct.runner.command", "Expected a list, but here is the text \"python3\"")]
    [InlineData("""{"direct": {"runner": {"command": ["a", 1]}}}""", "direct.runner.command[1]", "Expected a text, but here is the number 1")]
    [InlineData("""{"direct": {"runner": {"command": [null]}}}""", "direct.runner.command[0]", "Expected a text, but here is null")]
    [InlineData("""{"direct": {"runner": {"arguments": [["a"]]}}}""", "direct.runner.arguments[0]", "Expected a text, but here is a list")]
    [InlineData("""{"direct": {"runner": {"environmentVariables": ["A"]}}}""", "direct.runner.environmentVariables", "Expected a map, but here is a list")]
    [InlineData("""{"direct": {"runner": {"environmentVariables": {"A": 1}}}}""", "direct.runner.environmentVariables[\"A\"]", "Expected a text")]
    [InlineData("""{"direct": {"runner": {"environmentVariables": {"A": null}}}}""", "direct.runner.environmentVariables[\"A\"]", "Expected a text, but here is null")]
    [InlineData("""{"capabilities": {"supportsReuse": "true"}}""", "capabilities.supportsReuse", "Expected true or false, but here is the text \"true\"")]
    [InlineData("""{"capabilities": {"supportsReuse": 1}}""", "capabilities.supportsReuse", "Expected true or false")]
    [InlineData("""{"session": {"dynamicConfig": {"a": true}}}""", "session.dynamicConfig[\"a\"]", "is an object, but here is true")]
    [InlineData("""{"session": {"dynamicConfig": {"a": {"isRequired": 0}}}}""", "session.dynamicConfig[\"a\"].isRequired", "Expected true or false")]
    [InlineData("""{"session": {"environmentVariableReferences": {"A": {"source": {}}}}}""", "session.environmentVariableReferences[\"A\"].source", "here is an object")]
    [InlineData("""{"direct": {"properties": {"connection": {"tcp": 8080}}}}""", "direct.properties.connection.tcp", "is an object, but here is the number 8080")]

    // Numbers.
    [InlineData("""{"direct": {"properties": {"initializationTimeoutMs": 1.5}}}""", "direct.properties.initializationTimeoutMs", "the number 1.5")]
    [InlineData("""{"direct": {"properties": {"initializationTimeoutMs": 2147483648}}}""", "direct.properties.initializationTimeoutMs", "the number 2147483648")]
    [InlineData("""{"direct": {"properties": {"initializationTimeoutMs": 1e999}}}""", "direct.properties.initializationTimeoutMs", "the number 1e999")]
    [InlineData("""{"direct": {"properties": {"initializationTimeoutMs": "10s"}}}""", "direct.properties.initializationTimeoutMs", "the text \"10s\"")]
    [InlineData("""{"direct": {"properties": {"initializationTimeoutMs": ""}}}""", "direct.properties.initializationTimeoutMs", "the text \"\"")]
    [InlineData("""{"direct": {"properties": {"initializationTimeoutMs": " 1"}}}""", "direct.properties.initializationTimeoutMs", "the text \" 1\"")]
    [InlineData("""{"direct": {"properties": {"initializationTimeoutMs": "NaN"}}}""", "direct.properties.initializationTimeoutMs", "the text \"NaN\"")]
    [InlineData("""{"direct": {"properties": {"gracefulTerminationTimeoutMs": true}}}""", "direct.properties.gracefulTerminationTimeoutMs", "here is true")]

    // Enums.
    [InlineData("""{"capabilities": {"supportedDataFormats": ["RAW", "arrow"]}}""", "capabilities.supportedDataFormats[1]", "the text \"arrow\"")]
    [InlineData("""{"capabilities": {"supportedDataFormats": [null]}}""", "capabilities.supportedDataFormats[0]", "here is null")]
    [InlineData("""{"capabilities": {"supportedCommunicationPatterns": ["X"]}}""", "capabilities.supportedCommunicationPatterns[0]", "communication pattern")]
    [InlineData("""{"direct": {"properties": {"carrier": "HTTP"}}}""", "direct.properties.carrier", "name or the number of a carrier")]

    // A field twice, under one name or both, and a oneof with two branches.
    [InlineData("""{"direct": {}, "direct": {}}""", "direct", "there twice")]
    [InlineData("""{"capabilities": {"supportsReuse": true, "supports_reuse": true}}""", "capabilities.supportsReuse", "there twice")]
    [InlineData("""{"session": {"staticConfig": {"a": "1", "a": "1"}}}""", "session.staticConfig[\"a\"]", "there twice in the map")]
    [InlineData("""{"direct": {"properties": {"connection": {"unixDomainSocket": {}, "tcp": {}}}}}""", "direct.properties.connection.tcp", "unixDomainSocket is there already")]

    // Not text.
    [InlineData("""{"direct": {"runner": {"command": ["\ud800"]}}}""", "direct.runner.command[0]", "surrogate")]
    [InlineData("""{"a\udc00": 1}""", "", "surrogate")]

    // Not JSON.
    [InlineData("", "", "not valid JSON")]
    [InlineData("{", "", "not valid JSON")]
    [InlineData("""{"direct": {"runner": {"command": ["a",]}}}""", "direct.runner.command[0]", "not valid JSON")]
    [InlineData("""{} {}""", "", "not valid JSON")]
    [InlineData("""{"direct": {} // comment""", "", "not valid JSON")]
    [InlineData("direct:\n  runner: x", "", "not valid JSON")]
    [Failure("the specification's JSON cannot be read")]
    public void Parse_BadInput_ThrowsWithPathAndReason(string json, string path, string reason)
    {
        WorkerSpecificationFormatException exception = Assert.Throws<WorkerSpecificationFormatException>(() => WorkerSpecificationJson.Parse(json));

        Assert.Equal(path, exception.Path);
        Assert.Contains(reason, exception.Problem, StringComparison.Ordinal);
        Assert.NotEmpty(exception.Remedy);
        Assert.Contains(exception.Problem, exception.Message, StringComparison.Ordinal);
        Assert.Contains(exception.Remedy, exception.Message, StringComparison.Ordinal);
        Assert.Null(exception.FilePath);
    }

    [Fact]
    public void Parse_UnknownEnumName_NamesTheKnownOnes()
    {
        WorkerSpecificationFormatException exception = Assert.Throws<WorkerSpecificationFormatException>(
            () => WorkerSpecificationJson.Parse("""{"capabilities": {"supportedDataFormats": ["ARROWS"]}}"""));

        Assert.Equal("Write one of ARROW, RAW.", exception.Remedy);
    }

    [Fact]
    public void Parse_BadValue_TellsLineAndColumnInCharacters()
    {
        const string Json = "{\r\n  \"direct\": {\n    \"runner\": { \"command\": [\"ü😀\", 17] } } }";

        WorkerSpecificationFormatException exception = Assert.Throws<WorkerSpecificationFormatException>(() => WorkerSpecificationJson.Parse(Json));

        string line = Json.Split('\n')[2];
        Assert.Equal(3, exception.LineNumber);
        Assert.Equal(line.IndexOf("17", StringComparison.Ordinal) + 1, exception.ColumnNumber);
        Assert.Equal(
            "The worker specification cannot be read at direct.runner.command[1] (line 3, column 36). "
                + "Expected a text, but here is the number 17. Write it in quotes.",
            exception.Message);
    }

    [Fact]
    public void Parse_BrokenJson_TellsLineAndColumnInCharacters()
    {
        WorkerSpecificationFormatException exception = Assert.Throws<WorkerSpecificationFormatException>(
            () => WorkerSpecificationJson.Parse("{\n\"ü\": x}"));

        Assert.Equal(2, exception.LineNumber);
        Assert.Equal(6, exception.ColumnNumber);
        Assert.IsAssignableFrom<System.Text.Json.JsonException>(exception.InnerException);
        Assert.DoesNotContain("BytePositionInLine", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_CutAnywhere_ThrowsTheTypedErrorOnly()
    {
        string json = WorkerSpecificationJson.Write(Specifications.Full());

        for (int length = 0; length < json.Length; length++)
        {
            string cut = json[..length];
            Assert.Throws<WorkerSpecificationFormatException>(() => WorkerSpecificationJson.Parse(cut));
        }
    }

    [Fact]
    public void Parse_OneCharacterReplaced_ParsesOrThrowsTheTypedErrorOnly()
    {
        string json = WorkerSpecificationJson.Write(Specifications.Full(), indented: false);
        int accepted = 0;

        foreach (char replacement in "\"{}[],:0nx\\\0")
        {
            for (int i = 0; i < json.Length; i++)
            {
                try
                {
                    WorkerSpecificationJson.Parse(string.Concat(json.AsSpan(0, i), [replacement], json.AsSpan(i + 1)));
                    accepted++;
                }
                catch (WorkerSpecificationFormatException)
                {
                    // The one error that callers have to expect; any other fails the test.
                }
            }
        }

        // Letters inside texts and names of fields (which are then unknown) do no harm.
        Assert.InRange(accepted, json.Length, 12 * json.Length);
    }

    [Fact]
    public void Parse_NotUnicode_Throws()
    {
        WorkerSpecificationFormatException bytes = Assert.Throws<WorkerSpecificationFormatException>(
            () => WorkerSpecificationJson.Parse([(byte)'{', 0xFF, (byte)'}']));
        WorkerSpecificationFormatException text = Assert.Throws<WorkerSpecificationFormatException>(
            () => WorkerSpecificationJson.Parse("{\"\ud800\": 1}"));

        Assert.Contains("not Unicode", bytes.Message, StringComparison.Ordinal);
        Assert.Contains("not Unicode", text.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_NestedBeyondTheReadersDepth_ThrowsTheTypedError()
    {
        string json = $$"""{"unknown": {{new string('[', 1000)}}{{new string(']', 1000)}}}""";

        WorkerSpecificationFormatException exception = Assert.Throws<WorkerSpecificationFormatException>(() => WorkerSpecificationJson.Parse(json));

        Assert.Equal("unknown", exception.Path);
    }

    [Fact]
    public void Parse_LongText_IsShortInTheMessage()
    {
        WorkerSpecificationFormatException exception = Assert.Throws<WorkerSpecificationFormatException>(
            () => WorkerSpecificationJson.Parse($$"""{"direct": "{{new string('x', 100_000)}}"}"""));

        Assert.InRange(exception.Message.Length, 100, 400);
    }
}
