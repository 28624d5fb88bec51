using System.Text;

namespace Udf.Worker.Core.Tests.Specification;

public sealed class WorkerSpecificationJsonFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("udf-specification-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Load_FileWithOrWithoutByteOrderMark_IsRead(bool byteOrderMark)
    {
        string path = Path.Combine(_directory, "worker.json");
        File.WriteAllText(path, WorkerSpecificationJson.Write(Specifications.Full()), new UTF8Encoding(byteOrderMark));

        WorkerSpecificationJsonResult result = WorkerSpecificationJson.Load(path);

        Assert.Equal(Specifications.Full(), result.ThrowIfUnknownFields());
        Assert.Equal(path, result.FilePath);
    }

    [Fact]
    public void Load_BadContent_NamesTheFile()
    {
        string path = Path.Combine(_directory, "worker.json");
        File.WriteAllText(path, """{"direct": 1}""");

        WorkerSpecificationFormatException exception = Assert.Throws<WorkerSpecificationFormatException>(() => WorkerSpecificationJson.Load(path));

        Assert.Equal(path, exception.FilePath);
        Assert.StartsWith($"The worker specification in '{path}' cannot be read at direct (line 1, column 12).", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_UnknownField_IsReportedWithTheFile()
    {
        string path = Path.Combine(_directory, "worker.json");
        File.WriteAllText(path, """{"colour": 1}""");

        WorkerSpecificationJsonResult result = WorkerSpecificationJson.Load(path);

        Assert.Equal(new WorkerSpecificationUnknownField("colour", 1), Assert.Single(result.UnknownFields));
        WorkerSpecificationFormatException exception = Assert.Throws<WorkerSpecificationFormatException>(() => result.ThrowIfUnknownFields());
        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoSuchFile_Throws()
    {
        Assert.Throws<FileNotFoundException>(() => WorkerSpecificationJson.Load(Path.Combine(_directory, "none.json")));
        Assert.Throws<ArgumentException>(() => WorkerSpecificationJson.Load(""));
    }
}
