namespace Distributed.Integration.Tests.CommandLines;

/// <summary>A finished run of the small job that several tests read and none changes.</summary>
public sealed class TrainedRun : IAsyncLifetime
{
    public Workspace Workspace { get; } = new();

    internal Invocation Call { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Call = await Invocation.Of("train", Workspace.Job, "--json");

    public ValueTask DisposeAsync()
    {
        Workspace.Dispose();
        return ValueTask.CompletedTask;
    }
}
