using Distributed.Coordinator.Service.Execution;

namespace Distributed.Coordinator.Service.Operations;

/// <summary>Why an operation is refused.</summary>
public enum OperationRefusal
{
    /// <summary>What was asked for is wrong in itself.</summary>
    Invalid,

    /// <summary>There is no such thing.</summary>
    NotFound,

    /// <summary>Not in the job's present state.</summary>
    NotNow,
}

/// <summary>An operation that is refused; nothing has changed. The message is complete.</summary>
public sealed class OperationRefusedException(OperationRefusal refusal, string message, params IReadOnlyList<JobProblem> problems) : Exception(message)
{
    /// <summary>Why.</summary>
    public OperationRefusal Refusal => refusal;

    /// <summary>All that is wrong.</summary>
    public IReadOnlyList<JobProblem> Problems => problems;
}
