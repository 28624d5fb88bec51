using Xunit.Abstractions;
using Xunit.Sdk;

namespace Udf.Worker.Testing.Contracts;

/// <summary>One test of a contract suite, as one class runs it.</summary>
public sealed class ContractTestCase : XunitTestCase
{
    [Obsolete("For xunit, which reads test cases from text.", error: true)]
    public ContractTestCase()
    {
    }

    public ContractTestCase(IMessageSink diagnosticMessageSink, TestMethodDisplay display, TestMethodDisplayOptions displayOptions, ITestMethod testMethod, object[]? arguments = null)
        : base(diagnosticMessageSink, display, displayOptions, testMethod, arguments)
    {
    }

    protected override string GetSkipReason(IAttributeInfo factAttribute)
    {
        bool needsPython = TestMethod.TestClass.Class.GetCustomAttributes(typeof(RequiresPythonAttribute)).Any();
        return (needsPython ? PythonInterpreter.SkipReason : null) ?? base.GetSkipReason(factAttribute);
    }
}
