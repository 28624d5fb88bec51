using System.Text;

namespace Udf.Worker.Core.Tests.Specification;

public class WorkerSpecificationJsonTests
{
    // As protobuf's JSON printer writes the specification of a Spark worker.
    private const string WrittenForSpark = """
        {
          "environment": {
            "installation": { "command": ["bash", "-c"], "arguments": ["python3 -m venv /tmp/v"], "environmentVariables": { "PIP_NO_INPUT": "1" } },
            "environmentVerification": { "command": ["test", "-d", "/tmp/v"] },
            "environmentCleanup": { "command": ["rm", "-rf", "/tmp/v"] }
          },
          "capabilities": {
            "supportedDataFormats": ["ARROW"],
            "supportedCommunicationPatterns": ["BIDIRECTIONAL_STREAMING"],
            "supportsConcurrentUdfs": true,
            "supportsReuse": false
          },
          "direct": {
            "runner": { "command": ["/tmp/v/bin/python"], "arguments": ["-m", "worker"], "environmentVariables": { "PYTHONUNBUFFERED": "1" } },
            "properties": {
              "initializationTimeoutMs": 20000,
              "gracefulTerminationTimeoutMs": 3000,
              "connection": { "unixDomainSocket": {} }
            }
          },
          "session": {
            "staticConfig": { "a": "1" },
            "environmentVariableReferences": { "HOME": { "source": "HOME" }, "TZ": { "source": "TZ", "defaultValue": "UTC" } },
            "dynamicConfig": { "spark.sql.x": { "isRequired": true }, "spark.sql.y": {} },
            "requiredResourceDirectories": ["models"]
          }
        }
        """;

    private static WorkerSpecification SparkSpecification { get; } = WorkerSpecification.ForCommand("/tmp/v/bin/python", "-m", "worker")
        .OverUnixDomainSocket()
        .WithDataFormats(WorkerDataFormat.Arrow)
        .WithConcurrentUdfs()
        .WithReuse(false)
        .WithEnvironmentVariable("PYTHONUNBUFFERED", "1")
        .WithInitializationTimeout(TimeSpan.FromSeconds(20))
        .WithGracefulTerminationTimeout(TimeSpan.FromSeconds(3))
        .WithInstallation(new ProcessCallable
        {
            Command = ["bash", "-c"],
            Arguments = ["python3 -m venv /tmp/v"],
            EnvironmentVariables = [new("PIP_NO_INPUT", "1")],
        })
        .WithVerification(new ProcessCallable { Command = ["test", "-d", "/tmp/v"] })
        .WithCleanup(new ProcessCallable { Command = ["rm", "-rf", "/tmp/v"] })
        .WithStaticConfig("a", "1")
        .WithEnvironmentVariableReference("HOME", "HOME")
        .WithEnvironmentVariableReference("TZ", "TZ", "UTC")
        .WithDynamicConfig("spark.sql.x", isRequired: true)
        .WithDynamicConfig("spark.sql.y")
        .WithRequiredResourceDirectories("models");

    [Fact]
    public void Parse_SpecificationWrittenForSpark_LoadsUnchanged()
    {
        WorkerSpecificationJsonResult result = WorkerSpecificationJson.Parse(WrittenForSpark);

        Assert.Equal(SparkSpecification, result.Specification);
        Assert.Equal([], result.UnknownFields.ToArray());
        Assert.Same(result.Specification, result.ThrowIfUnknownFields());
        Assert.Empty(result.Specification.Validate());
        Assert.Null(result.FilePath);
    }

    [Fact]
    public void Parse_OriginalFieldNames_AreTheSame()
    {
        string[] fields =
        [
            "environmentVerification", "environmentCleanup", "supportedDataFormats", "supportedCommunicationPatterns", "supportsConcurrentUdfs",
            "supportsReuse", "initializationTimeoutMs", "gracefulTerminationTimeoutMs", "unixDomainSocket", "environmentVariables", "staticConfig",
            "environmentVariableReferences", "defaultValue", "dynamicConfig", "isRequired", "requiredResourceDirectories",
        ];
        string[] originals =
        [
            "environment_verification", "environment_cleanup", "supported_data_formats", "supported_communication_patterns", "supports_concurrent_udfs",
            "supports_reuse", "initialization_timeout_ms", "graceful_termination_timeout_ms", "unix_domain_socket", "environment_variables", "static_config",
            "environment_variable_references", "default_value", "dynamic_config", "is_required", "required_resource_directories",
        ];
        string json = WrittenForSpark;
        foreach ((string field, string original) in fields.Zip(originals))
        {
            Assert.Contains($"\"{field}\"", json, StringComparison.Ordinal);
            json = json.Replace($"\"{field}\"", $"\"{original}\"", StringComparison.Ordinal);
        }

        Assert.Equal(SparkSpecification, WorkerSpecificationJson.Parse(json).ThrowIfUnknownFields());
        Assert.True(WorkerSpecificationJson.Parse("""{"capabilities": {"manage_is_independent": true}}""").ThrowIfUnknownFields().Capabilities!.ManageIsIndependent);
    }

    [Fact]
    public void Parse_Extensions_AreRead()
    {
        WorkerSpecification specification = WorkerSpecificationJson.Parse("""
            {
              "capabilities": { "supportedDataFormats": ["RAW", 1, 1000], "manageIsIndependent": true },
              "direct": { "properties": { "carrier": "UDF_FRAMES", "connection": { "custom": { "name": "vsock", "settings": { "cid": "3" } } } } }
            }
            """).ThrowIfUnknownFields();

        Assert.Equal([WorkerDataFormat.Raw, WorkerDataFormat.Arrow, WorkerDataFormat.Raw], specification.Capabilities!.DataFormats.ToArray());
        Assert.True(specification.Capabilities.ManageIsIndependent);
        Assert.Null(specification.Capabilities.SupportsReuse);
        Assert.Equal(WorkerCarrier.UdfFrames, specification.Direct!.Properties!.Carrier);
        Assert.Equal(new CustomConnection { Name = "vsock", Settings = [new("cid", "3")] }, specification.Direct.Properties.Connection);
    }

    [Fact]
    public void Parse_Tcp_IsRead()
    {
        WorkerSpecification specification = WorkerSpecificationJson.Parse(
            """{"direct": {"properties": {"connection": {"unixDomainSocket": null, "tcp": {}}, "carrier": "GRPC"}}}""").ThrowIfUnknownFields();

        Assert.Equal(
            new WorkerProperties { Connection = new LocalTcpConnection(), Carrier = WorkerCarrier.Grpc },
            specification.Direct!.Properties);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"environment": null, "capabilities": null, "direct": null, "session": null}""")]
    public void Parse_NullFields_AreAbsent(string json)
    {
        Assert.Equal(new WorkerSpecification(), WorkerSpecificationJson.Parse(json).ThrowIfUnknownFields());
    }

    [Fact]
    public void Parse_NullInEveryMessage_IsAbsent()
    {
        const string Json = """
            {
              "environment": { "installation": null, "environmentVerification": null, "environmentCleanup": null },
              "capabilities": {
                "supportedDataFormats": null, "supportedCommunicationPatterns": null, "supportsConcurrentUdfs": null,
                "supportsReuse": null, "manageIsIndependent": null
              },
              "direct": {
                "runner": { "command": null, "arguments": null, "environmentVariables": null },
                "properties": {
                  "initializationTimeoutMs": null, "gracefulTerminationTimeoutMs": null, "carrier": null,
                  "connection": { "unixDomainSocket": null, "tcp": null, "custom": { "name": null, "settings": null } }
                }
              },
              "session": {
                "staticConfig": null, "environmentVariableReferences": { "A": { "source": null, "defaultValue": null } },
                "dynamicConfig": { "a": { "isRequired": null } }, "requiredResourceDirectories": null
              }
            }
            """;
        var expected = new WorkerSpecification
        {
            Environment = new WorkerEnvironment(),
            Capabilities = new WorkerCapabilities(),
            Direct = new DirectWorker
            {
                Runner = new ProcessCallable(),
                Properties = new WorkerProperties { Connection = new CustomConnection() },
            },
            Session = new WorkerSessionSpecification
            {
                EnvironmentVariableReferences = [new("A", new WorkerContextReference())],
                DynamicConfig = [new("a", new DynamicConfigRequirement())],
            },
        };

        Assert.Equal(expected, WorkerSpecificationJson.Parse(Json).ThrowIfUnknownFields());
    }

    [Fact]
    public void Parse_PropertyNamesAndTextsWithEscapes_AreUnescaped()
    {
        WorkerSpecification specification = WorkerSpecificationJson.Parse(
            """{"d\u0069rect": {"runner": {"command": ["\u00fc\"\ud83d\ude00"]}}}""").ThrowIfUnknownFields();

        Assert.Equal("ü\"😀", specification.Direct!.Runner!.Command[0]);
    }

    [Theory]
    [InlineData("1500", 1500)]
    [InlineData("0", 0)]
    [InlineData("-5", -5)]
    [InlineData("1.5e3", 1500)]
    [InlineData("1500.0", 1500)]
    [InlineData("\"1500\"", 1500)]
    [InlineData("\"1e3\"", 1000)]
    [InlineData("2147483647", int.MaxValue)]
    [InlineData("\"-2147483648\"", int.MinValue)]
    public void Parse_Int32AsNumberOrText_IsRead(string value, int milliseconds)
    {
        WorkerSpecification specification = WorkerSpecificationJson.Parse(
            $$$$"""{"direct": {"properties": {"initializationTimeoutMs": {{{{value}}}}}}}""").ThrowIfUnknownFields();

        Assert.Equal(TimeSpan.FromMilliseconds((long)milliseconds), specification.Direct!.Properties!.InitializationTimeout);
    }

    [Theory]
    [InlineData("\"UDF_WORKER_DATA_FORMAT_UNSPECIFIED\"", 0)]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("1.0", 1)]
    [InlineData("\"1\"", 1)]
    [InlineData("1000", 1000)]
    [InlineData("77", 77)]
    [InlineData("-1", -1)]
    public void Parse_EnumNameOrNumber_KeepsTheNumber(string value, int number)
    {
        WorkerSpecification specification = WorkerSpecificationJson.Parse(
            $$$"""{"capabilities": {"supportedDataFormats": [{{{value}}}]}}""").ThrowIfUnknownFields();

        Assert.Equal(number, (int)specification.Capabilities!.DataFormats[0]);
    }

    [Fact]
    public void Parse_UnknownEnumNumber_IsNamedByValidate()
    {
        WorkerSpecification specification = WorkerSpecificationJson.Parse(
            WrittenForSpark.Replace("\"ARROW\"", "77", StringComparison.Ordinal)).ThrowIfUnknownFields();

        WorkerSpecificationProblem problem = Assert.Single(specification.Validate());
        Assert.Equal("capabilities.supportedDataFormats[0]", problem.Path);
        Assert.StartsWith("77 ", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_UnknownFieldsAtEveryDepth_AreReportedInOrderWithTheirLines()
    {
        WorkerSpecificationJsonResult result = WorkerSpecificationJson.Parse("""
            {
              "colour": "red", "Direct": {},
              "environment": { "installation": { "shell": { "deep": [1, { "a": null }] } } },
              "capabilities": { "supportedDataFormats": ["RAW"], "a.b": [] },
              "direct": {
                "properties": {
                  "connection": { "vsock": {}, "unixDomainSocket": { "path": "/tmp" } },
                  "initialization_timeout_MS": 3
                }
              },
              "session": { "dynamicConfig": { "k.1": { "isRequired": true, "why": null } } }
            }
            """);

        Assert.Equal(
            [
                new("colour", 2),
                new("Direct", 2),
                new("environment.installation.shell", 3),
                new("capabilities[\"a.b\"]", 4),
                new("direct.properties.connection.vsock", 7),
                new("direct.properties.connection.unixDomainSocket.path", 7),
                new("direct.properties.initialization_timeout_MS", 8),
                new WorkerSpecificationUnknownField("session.dynamicConfig[\"k.1\"].why", 11),
            ],
            result.UnknownFields.ToArray());

        // What is known is there nevertheless.
        Assert.Equal(new UnixDomainSocketConnection(), result.Specification.Direct!.Properties!.Connection);
        Assert.True(result.Specification.Session!.DynamicConfig["k.1"].IsRequired);
        Assert.Equal([WorkerDataFormat.Raw], result.Specification.Capabilities!.DataFormats.ToArray());
    }

    [Fact]
    public void ThrowIfUnknownFields_Some_NamesAllOfThem()
    {
        WorkerSpecificationJsonResult result = WorkerSpecificationJson.Parse("""{"colour": 1, "direct": {"size": 2}}""");

        WorkerSpecificationFormatException exception = Assert.Throws<WorkerSpecificationFormatException>(() => result.ThrowIfUnknownFields());

        Assert.Contains("colour (line 1), direct.size (line 1)", exception.Message, StringComparison.Ordinal);
        Assert.Equal("colour", exception.Path);
    }

    [Fact]
    public void Write_FullSpecification_IsCanonicalProtobufJson()
    {
        WorkerSpecification specification = Specifications.Full();
        specification = specification.WithRunner(specification.Direct!.Runner! with { Arguments = ["ü", "a\"b"] }) with { Environment = new WorkerEnvironment() };

        string expected = """
            {"environment":{},
            "capabilities":{"supportedDataFormats":["ARROW","RAW"],"supportedCommunicationPatterns":["BIDIRECTIONAL_STREAMING"],
            "supportsConcurrentUdfs":false,"supportsReuse":true,"manageIsIndependent":true},
            "direct":{"runner":{"command":["python3","-u"],"arguments":["ü","a\"b"],"environmentVariables":{"A":"1","B":"2"}},
            "properties":{"initializationTimeoutMs":1500,"gracefulTerminationTimeoutMs":0,
            "connection":{"custom":{"name":"vsock","settings":{"a.b":"x","cid":"3"}}},"carrier":"UDF_FRAMES"}},
            "session":{"staticConfig":{"empty":"","spark.x":"1"},
            "environmentVariableReferences":{"HOME":{"source":"HOME"},"REGION":{"source":"AWS_REGION","defaultValue":""}},
            "dynamicConfig":{"needed":{"isRequired":true},"nice":{}},"requiredResourceDirectories":["models","data"]}}
            """.ReplaceLineEndings("");
        Assert.Equal(expected, WorkerSpecificationJson.Write(specification, indented: false));
    }

    [Fact]
    public void Write_Indented_UsesTwoSpacesAndLineFeeds()
    {
        Assert.Equal("{\n  \"environment\": {}\n}", WorkerSpecificationJson.Write(new WorkerSpecification { Environment = new WorkerEnvironment() }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Write_Parsed_GivesTheSameSpecification(bool indented)
    {
        foreach (WorkerSpecification specification in new[] { new(), Specifications.Small, Specifications.Small.OverTcp(), Specifications.Full(), SparkSpecification })
        {
            string json = WorkerSpecificationJson.Write(specification, indented);

            Assert.Equal(specification, WorkerSpecificationJson.Parse(json).ThrowIfUnknownFields());
        }
    }

    [Fact]
    public void Write_RandomSpecifications_ParseToTheSameAndAreWrittenAlike()
    {
        foreach (int seed in Enumerable.Range(0, 1000))
        {
            WorkerSpecification specification = Specifications.Random(seed);

            string json = WorkerSpecificationJson.Write(specification);
            WorkerSpecification parsed = WorkerSpecificationJson.Parse(Encoding.UTF8.GetBytes(json)).ThrowIfUnknownFields();

            Assert.True(specification.Equals(parsed), $"Seed {seed}: {json}");
            Assert.Equal(specification.GetHashCode(), parsed.GetHashCode());
            Assert.Equal(json, WorkerSpecificationJson.Write(parsed));
        }
    }

    [Fact]
    public void Write_MapsInOtherOrder_WritesTheSame()
    {
        WorkerSpecification left = Specifications.Small.WithStaticConfig("b", "1").WithStaticConfig("a", "2");
        WorkerSpecification right = Specifications.Small.WithStaticConfig("a", "2").WithStaticConfig("b", "1");

        Assert.Equal(WorkerSpecificationJson.Write(left), WorkerSpecificationJson.Write(right));
    }

    [Fact]
    public void Write_WhatHasNoForm_ThrowsWithThosePlacesOnly()
    {
        WorkerSpecification specification = new WorkerSpecification()
            .WithInitializationTimeout(TimeSpan.FromTicks(1))
            .WithGracefulTerminationTimeout(TimeSpan.MaxValue)
            .WithStaticConfig("a", "\ud800");

        WorkerSpecificationException exception = Assert.Throws<WorkerSpecificationException>(() => WorkerSpecificationJson.Write(specification));

        Assert.Equal(
            ["direct.properties.initializationTimeoutMs", "direct.properties.gracefulTerminationTimeoutMs", "session.staticConfig[\"a\"]"],
            exception.Problems.Select(problem => problem.Path));
    }

    [Fact]
    public void Write_Null_Throws()
    {
        Assert.Throws<ArgumentNullException>(() => WorkerSpecificationJson.Write(null!));
        Assert.Throws<ArgumentNullException>(() => WorkerSpecificationJson.Parse((string)null!));
    }
}
