using Udf.Worker.Testing;

namespace Udf.Worker.Artifacts.Tests;

public sealed class UploadTests : StoreTest
{
    // The check value of CRC-32 for these nine digits.
    private const uint CrcOfDigits = 0xCBF43926;

    [Fact]
    public async Task Upload_InChunks_IsSeenWhenItIsComplete()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await using (ArtifactUpload upload = session.BeginUpload("files/x"))
        {
            await upload.AppendAsync(Bytes("123456789"), CrcOfDigits);
            await upload.AppendAsync(Bytes(""), 0);
            await upload.AppendAsync(Bytes("123456789"), CrcOfDigits);
            Assert.Empty(FilesOf(session));
            Assert.Empty(session.Artifacts.Artifacts);
            await upload.CompleteAsync(ArtifactHash.Of(Bytes("123456789123456789")));
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await upload.AppendAsync(Bytes(""), 0));
        }

        Assert.Equal("123456789123456789", Read(session, "files/x"));
        Assert.Empty(StagedFiles());
    }

    [Fact]
    [Failure("a chunk's checksum")]
    public async Task Append_WithAWrongChecksum_FailsTheUpload_AndLeavesNothing()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await using (ArtifactUpload upload = session.BeginUpload("files/x"))
        {
            await upload.AppendAsync(Bytes("123456789"), CrcOfDigits);
            ArtifactCorruptException exception = await Assert.ThrowsAsync<ArtifactCorruptException>(async () => await upload.AppendAsync(Bytes("123456780"), CrcOfDigits));
            Assert.Contains("byte 9", exception.Message);
            Assert.True(exception.IsTransient);
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await upload.AppendAsync(Bytes("123456789"), CrcOfDigits));
            await Assert.ThrowsAsync<InvalidOperationException>(() => upload.CompleteAsync());
        }

        Assert.Empty(FilesOf(session));
        Assert.Empty(StagedFiles());

        // The name is free: it can be sent again.
        await session.AddAsync("files/x", Bytes("x"));
    }

    [Fact]
    public async Task Complete_WithAnotherHash_LeavesNothing()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await using (ArtifactUpload upload = session.BeginUpload("files/x"))
        {
            await upload.AppendAsync(Bytes("123456789"), CrcOfDigits);
            await Assert.ThrowsAsync<ArtifactCorruptException>(() => upload.CompleteAsync(ArtifactHash.Of(Bytes("12345678"))));
        }

        Assert.Empty(FilesOf(session));
        Assert.Empty(StagedFiles());
    }

    [Fact]
    public async Task Dispose_BeforeTheEnd_LeavesNothing()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        ArtifactUpload upload = session.BeginUpload("files/x");
        await upload.AppendAsync(Bytes("123456789"), CrcOfDigits);
        Assert.Single(StagedFiles());
        await upload.DisposeAsync();
        await upload.DisposeAsync();
        Assert.Empty(StagedFiles());
        Assert.Empty(FilesOf(session));
    }

    [Fact]
    public async Task Session_DoesNotEndUnderAnUpload()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        ArtifactUpload upload = session.BeginUpload("files/x");
        Task end = session.DisposeAsync().AsTask();
        await upload.AppendAsync(Bytes("123456789"), CrcOfDigits);
        await upload.CompleteAsync();
        Assert.False(end.IsCompleted);
        Assert.True(Directory.Exists(session.Directory));
        await upload.DisposeAsync();
        await end.DefaultTimeout();
        Assert.False(Directory.Exists(session.Directory));
        Assert.Throws<ObjectDisposedException>(() => session.BeginUpload("files/y"));
    }
}
