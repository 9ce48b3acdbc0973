using Distributed.Configuration;

namespace Distributed.Coordinator.Service.Operations;

/// <summary>Kind of a refusal.</summary>
public enum OperationRefusal
{
    /// <summary>The request is not valid.</summary>
    Invalid,

    /// <summary>The job, or the part of it that was requested, does not exist.</summary>
    NotFound,

    /// <summary>The request is not allowed in the job's current state.</summary>
    InvalidState,
}

/// <summary>An operation is refused and has changed nothing. The message can be shown to the user as it is.</summary>
public sealed class OperationRefusedException(OperationRefusal refusal, string message, params IReadOnlyList<ConfigProblem> problems)
    : Exception(message)
{
    /// <summary>Kind of the refusal.</summary>
    public OperationRefusal Refusal => refusal;

    /// <summary>Every mistake in the request.</summary>
    public IReadOnlyList<ConfigProblem> Problems => problems;
}
