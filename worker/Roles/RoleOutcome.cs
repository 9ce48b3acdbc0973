namespace Distributed.Worker.Roles;

/// <summary>How a role ended without an error.</summary>
public enum RoleOutcome
{
    /// <summary>It did all that the plan asks for.</summary>
    Completed,

    /// <summary>It ended early because it was told to.</summary>
    Stopped,
}
