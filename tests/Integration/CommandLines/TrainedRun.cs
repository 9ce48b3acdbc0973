namespace Distributed.Integration.Tests.CommandLines;

/// <summary>One finished run of the small job, which several tests look at and none changes.</summary>
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
