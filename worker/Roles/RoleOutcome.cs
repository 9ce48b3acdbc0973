namespace Distributed.Worker.Roles;

/// <summary>The way in which a role ended without an error.</summary>
public enum RoleOutcome
{
    /// <summary>The role completed its plan.</summary>
    Completed,

    /// <summary>The role ended early, because it was stopped.</summary>
    Stopped,
}
