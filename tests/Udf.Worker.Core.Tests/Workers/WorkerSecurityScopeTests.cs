namespace Udf.Worker.Core.Tests.Workers;

public class WorkerSecurityScopeTests
{
    [Fact]
    public void Named_SameName_IsTheSameScope()
    {
        WorkerSecurityScope first = WorkerSecurityScope.Named("tenant");
        WorkerSecurityScope second = WorkerSecurityScope.Named(new string(['t', 'e', 'n', 'a', 'n', 't']));

        Assert.Equal(first, second);
        Assert.Equal(first.GetHashCode(), second.GetHashCode());
        Assert.Equal("tenant", first.ToString());
    }

    [Fact]
    public void Named_OtherNameTypeOrNothing_IsAnotherScope()
    {
        WorkerSecurityScope scope = WorkerSecurityScope.Named("tenant");

        Assert.NotEqual(scope, WorkerSecurityScope.Named("Tenant"));
        Assert.False(scope.Equals((object)"tenant"));
        Assert.False(scope.Equals(null));
    }

    [Fact]
    public void Named_NoName_Throws()
    {
        Assert.Throws<ArgumentNullException>(() => WorkerSecurityScope.Named(null!));
        Assert.Throws<ArgumentException>(() => WorkerSecurityScope.Named(""));
    }
}
