namespace Distributed.Protocol.Identities;

/// <summary>A worker process. Started again it has another incarnation, and so is another worker.</summary>
/// <param name="Name">What people call it, such as <c>worker-3</c>; the same after a restart.</param>
/// <param name="Incarnation">Never used twice.</param>
public readonly record struct WorkerId(string Name, string Incarnation)
{
    /// <summary>From the wire.</summary>
    public static WorkerId From(WorkerIdentity identity) => new(identity.Name, identity.Incarnation);

    /// <summary>To the wire.</summary>
    public WorkerIdentity ToWire() => new() { Name = Name, Incarnation = Incarnation };

    /// <summary>For example <c>worker-3/7f2c</c>.</summary>
    public override string ToString() => $"{Name}/{Incarnation}";
}
