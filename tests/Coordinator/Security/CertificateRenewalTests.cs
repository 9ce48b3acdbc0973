using Distributed.Coordinator.Security;
using Distributed.Coordinator.Tests.Links;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol.Security;
using Distributed.Worker.Links;
using Distributed.Worker.Security;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Tests.Security;

/// <summary>A worker that runs for longer than its certificate is valid.</summary>
public sealed class CertificateRenewalTests : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1), Day = TimeSpan.FromDays(1);

    private readonly SecureScene _scene = new();
    private readonly RecordedLog _log = new();

    public async ValueTask DisposeAsync()
    {
        await _scene.DisposeAsync();
        _log.Dispose();
    }

    [Fact]
    public async Task Current_WithAWeekLeft_IsRenewedWithTheSameLifetime()
    {
        var clock = new LeapingTime(24 * Day);
        var asked = new List<TimeSpan>();
        await using var renewal = Renewal(_scene.Issue(), clock, asked, () => _scene.Issue(issued: clock.Passed));

        await clock.Still.WaitAsync(Bound, TestContext.Current.CancellationToken);

        Assert.InRange(Assert.Single(asked), (23 * Day) - Hour, (23 * Day) + Hour);
        Assert.Null(TlsIdentity.ExpiresWithin(renewal.Current.Certificate, 28 * Day, clock));
        Assert.StartsWith("CN=worker-3, OU=worker: certificate renewed, valid until ", Assert.Single(_log.Entries).Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Current_WhileTheCoordinatorIsUnreachable_StaysUntilItIsBack()
    {
        var clock = new LeapingTime(Day);
        var (first, asked) = (_scene.Issue(issued: -25 * Day), new List<TimeSpan>());
        await using var renewal = Renewal(first, clock, asked,
            () => asked.Count < 3 ? throw new CoordinatorException("it is away", new IOException()) : _scene.Issue());

        await clock.Still.WaitAsync(Bound, TestContext.Current.CancellationToken);

        Assert.Equal([TimeSpan.Zero, Hour, 2 * Hour], asked);
        Assert.NotSame(first, renewal.Current);
        Assert.Equal(2,
            _log.Entries.Count(
                entry => entry.Level == LogLevel.Warning
                    && entry.Text.EndsWith("could not be renewed: it is away. Retrying.", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Current_ThatHasExpired_IsNotRenewed()
    {
        var asked = new List<TimeSpan>();
        var renewal = Renewal(_scene.Issue(issued: -31 * Day), new LeapingTime(Day), asked, () => _scene.Issue());

        await renewal.DisposeAsync();

        Assert.Empty(asked);
        Assert.Contains("Restart this worker with a token", Assert.Single(_log.Entries, entry => entry.Level == LogLevel.Error).Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Current_OfAnAuthorityWithALifetimeOfADay_IsRenewedAfterTwoThirds()
    {
        var (clock, asked) = (new LeapingTime(Day), new List<TimeSpan>());
        var briefly = CertificateAuthority.Open(
            new CertificateAuthorityOptions { StateFolder = _scene.State, Validity = Day, RenewBefore = Hour }, TimeProvider.System);
        await using var renewal = Renewal(_scene.Issue(authority: briefly), clock, asked, () => _scene.Issue(issued: clock.Passed));

        await clock.Still.WaitAsync(Bound, TestContext.Current.CancellationToken);

        Assert.InRange(Assert.Single(asked), 15 * Hour, 17 * Hour);
    }

    [Fact]
    public async Task Join_AfterTheFirstCertificateExpired_PresentsTheRenewedOne()
    {
        var old = _scene.Issue(issued: -24 * Day);
        var today = await _scene.ListenAsync();
        var (enroller, clock) = (new Enroller(_scene.Address, new IdentityFolder(_scene.At("identity")), Bound, TimeProvider.System),
            new LeapingTime(TimeSpan.Zero));
        await using var renewal = new CertificateRenewal(old,
            (current, cancellation) => enroller.RenewAsync(current, ["127.0.0.1"], cancellation), clock,
            new Logger<CertificateRenewal>(_log));
        await clock.Still.WaitAsync(Bound, TestContext.Current.CancellationToken);
        await today.DisposeAsync();
        await _scene.ListenAsync(time: new ShiftedTime(8 * Day));

        await using var stale = _scene.Join(old);
        var error = await Assert.ThrowsAsync<CoordinatorException>(() => ControlScene.EndAsync(stale.Commands));
        await using var worker = _scene.Join(old, renewed: () => renewal.Current);

        Assert.Contains("the certificate of CN=worker-3, OU=worker expired on ", error.Message, StringComparison.Ordinal);
        Assert.Equal("worker-3", (await ControlScene.NextAsync((await ControlScene.NextAsync(_scene.Attached)).Events)).Hello.Worker.Name);
    }

    private CertificateRenewal Renewal(TlsIdentity identity, LeapingTime clock, List<TimeSpan> asked, Func<TlsIdentity> renew) =>
        new(identity, (_, _) =>
        {
            asked.Add(clock.Passed);
            return Task.FromResult(renew());
        }, clock, new Logger<CertificateRenewal>(_log));

    // Advances to the end of each wait, and stops before the first wait that would end after `until`.
    private sealed class LeapingTime(TimeSpan until) : TimeProvider
    {
        private readonly TaskCompletionSource _still = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _passed;

        public TimeSpan Passed => TimeSpan.FromTicks(Interlocked.Read(ref _passed));

        public Task Still => _still.Task;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Passed;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (Passed + dueTime <= until)
            {
                Interlocked.Add(ref _passed, dueTime.Ticks);
                return base.CreateTimer(callback, state, TimeSpan.Zero, period);
            }

            _still.TrySetResult();
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period);
        }
    }
}
