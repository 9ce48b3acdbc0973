using Distributed.Coordinator.Security;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol.Security;

namespace Distributed.Coordinator.Tests.Security;

public sealed class JoinTokensTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tokens-test-").FullName;
    private readonly ManualTime _time = new();
    private readonly FileTokenStore _store;
    private readonly JoinTokens _tokens;
    private readonly System.Security.Cryptography.X509Certificates.X509Certificate2 _authority;

    public JoinTokensTests()
    {
        _store = new FileTokenStore(Path.Combine(_folder, "tokens"));
        _tokens = new JoinTokens(_store, _time);
        _authority = CertificateAuthority.OpenCertificate(_folder, TimeProvider.System);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Create_AToken_StoresOnlyItsHash()
    {
        var token = _tokens.Create(_authority, new JoinTokenRequest());

        Assert.Equal(token, JoinToken.TryParse(token.ToText()));
        Assert.Equal(JoinToken.FingerprintOf(_authority), token.Fingerprint);
        Assert.All(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories),
            file => Assert.DoesNotContain(token.Secret, File.ReadAllText(file), StringComparison.Ordinal));
        Assert.DoesNotContain(token.Secret, token.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Redeem_JustBeforeItExpires_IsAcceptedOnce()
    {
        var token = _tokens.Create(_authority, new JoinTokenRequest { Role = PeerRole.Viewer, TimeToLive = TimeSpan.FromMinutes(10) });
        _time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));

        Assert.Equal(PeerRole.Viewer, _tokens.Redeem(token.ToText(), "worker-0", known => known.Role));
        var error = Assert.Throws<JoinTokenException>(() => _tokens.Redeem(token.ToText(), "another", known => known.Role));

        Assert.Equal(
            "this join token was used already, on 1970-01-01 00:09 UTC by worker-0; "
            + "it is valid for one use: create another with `token create`", error.Message);
    }

    [Fact]
    public void Redeem_AtItsExpiry_IsRefused()
    {
        var token = _tokens.Create(_authority, new JoinTokenRequest { TimeToLive = TimeSpan.FromMinutes(10) });
        _time.Advance(TimeSpan.FromMinutes(10));

        var error = Assert.Throws<JoinTokenException>(() => _tokens.Redeem(token.ToText(), "worker-0", known => known.Role));

        Assert.Equal("this join token expired on 1970-01-01 00:10 UTC: create another with `token create`", error.Message);
    }

    [Fact]
    public void Redeem_IfIssuingFails_LeavesTheTokenValid()
    {
        var token = _tokens.Create(_authority, new JoinTokenRequest());
        Assert.Throws<InvalidOperationException>(
            () => _tokens.Redeem<int>(token.ToText(), "worker-0", _ => throw new InvalidOperationException()));

        Assert.Equal(1, _tokens.Redeem(token.ToText(), "worker-0", _ => 1));
    }

    [Fact]
    public async Task Redeem_ByManyConcurrently_SucceedsForOne()
    {
        var token = _tokens.Create(_authority, new JoinTokenRequest());
        using var start = new Barrier(8);

        var won = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait(TestContext.Current.CancellationToken);
                try
                {
                    return _tokens.Redeem(token.ToText(), $"worker-{i}", _ => true);
                }
                catch (JoinTokenException)
                {
                    return false;
                }
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        Assert.Single(won, each => each);
    }

    [Fact]
    public void Create_LongAfterOthersExpired_RemovesThem()
    {
        var used = _tokens.Create(_authority, new JoinTokenRequest());
        _tokens.Redeem(used.ToText(), "worker-0", _ => 0);
        _time.Advance(TimeSpan.FromDays(9));

        _tokens.Create(_authority, new JoinTokenRequest());

        Assert.Single(Directory.EnumerateFiles(Path.Combine(_folder, "tokens")));
        var error = Assert.Throws<JoinTokenException>(() => _tokens.Redeem(used.ToText(), "worker-0", _ => 0));
        Assert.Contains("this join token is unknown", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_WithARequestOutOfRange_NamesAll()
    {
        var error = Assert.Throws<ArgumentException>(
            () => _tokens.Create(_authority,
                new JoinTokenRequest { Role = PeerRole.Coordinator, TimeToLive = TimeSpan.Zero, Name = "a b" }));

        Assert.All(["Role", "TimeToLive", "Name"], name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("djt1")]
    [InlineData("djt1.a.b")]
    [InlineData("djt2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("djt1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/A")]
    public void TryParse_AnInvalidToken_IsNull(string text) => Assert.Null(JoinToken.TryParse(text));
}
