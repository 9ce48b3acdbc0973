using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;

namespace Distributed.Coordinator.Tests.Jobs;

/// <summary>Tests that a job has one deadline at a time.</summary>
public sealed class JobDeadlineTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly List<long> _passed = [];
    private readonly JobDeadline _deadline;

    public JobDeadlineTests() => _deadline = new JobDeadline(_time, _passed.Add);

    public void Dispose() => _deadline.Dispose();

    [Fact]
    public void Set_Again_ReplacesTheDeadline()
    {
        _deadline.Set(TimeSpan.FromSeconds(1));
        _deadline.Set(TimeSpan.FromSeconds(3));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(_passed);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(_deadline.IsCurrent(Assert.Single(_passed)));
    }

    [Fact]
    public void IsCurrent_OfADeadlineThatPassedBeforeItWasReplaced_IsFalse()
    {
        _deadline.Set(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));

        _deadline.Set(TimeSpan.FromSeconds(1));

        Assert.False(_deadline.IsCurrent(Assert.Single(_passed)));
    }
}
