namespace Distributed.Protocol.Identities;

/// <summary>The identity of a worker process. A restarted process has another incarnation and is another worker.</summary>
/// <param name="Name">Human-readable name, such as <c>worker-3</c>; the same after a restart.</param>
/// <param name="Incarnation">A unique text for each start of a process.</param>
public readonly record struct WorkerId(string Name, string Incarnation)
{
    /// <summary>Converts from the message.</summary>
    public static WorkerId From(WorkerIdentity identity) => new(identity.Name, identity.Incarnation);

    /// <summary>Converts to the message.</summary>
    public WorkerIdentity ToWire() => new() { Name = Name, Incarnation = Incarnation };

    /// <summary>For example <c>worker-3/7f2c</c>.</summary>
    public override string ToString() => $"{Name}/{Incarnation}";
}
