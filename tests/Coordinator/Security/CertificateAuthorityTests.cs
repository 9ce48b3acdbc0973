using Distributed.Coordinator.Security;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol.Security;

namespace Distributed.Coordinator.Tests.Security;

public sealed class CertificateAuthorityTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("authority-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Open_RepeatedlyAndConcurrently_ReturnsTheSameAuthority()
    {
        using var start = new Barrier(4);
        var thumbprints = new string[4];
        var openers = Enumerable.Range(0, 4).Select(i => new Thread(() =>
        {
            start.SignalAndWait();
            thumbprints[i] = CertificateAuthority.OpenCertificate(_folder, TimeProvider.System).Thumbprint;
        })).ToArray();
        foreach (var opener in openers) opener.Start();
        foreach (var opener in openers) opener.Join();

        var first = CertificateAuthority.Open(Options(), TimeProvider.System);
        var second = CertificateAuthority.Open(Options(), TimeProvider.System);

        Assert.Single(thumbprints.Append(first.Certificate.Thumbprint).Append(second.Certificate.Thumbprint).Distinct());
        Assert.Equal(first.Server.Certificate.Thumbprint, second.Server.Certificate.Thumbprint);
        Assert.False(first.Certificate.HasPrivateKey);
        Assert.Empty(first.Server.Validate(PeerRole.Coordinator, CertificateTrust.Server, TimeProvider.System));
    }

    [Theory]
    [InlineData(0, 0, "coordinator.example", true)]
    [InlineData(-24, 0, null, true)]
    [InlineData(-22, 0, null, false)]
    public void Open_WithAnotherHostOrLittleTimeLeft_ReplacesTheServersCertificate(int issuedDays, int openedDays, string? host, bool anew)
    {
        var first = CertificateAuthority.Open(Options(), new ShiftedTime(TimeSpan.FromDays(issuedDays)));

        var second = CertificateAuthority.Open(Options() with { HostNames = host is null ? [] : [host] },
            new ShiftedTime(TimeSpan.FromDays(openedDays)));

        Assert.Equal(anew, first.Server.Certificate.Thumbprint != second.Server.Certificate.Thumbprint);
        Assert.All(["127.0.0.1", "::1", "localhost", host ?? "localhost"],
            name => Assert.True(second.Server.Certificate.MatchesHostname(name)));
    }

    [Fact]
    public void Server_ReadLater_IsReplacedBeforeItExpires()
    {
        var time = new MovedTime();
        var authority = CertificateAuthority.Open(Options(), time);
        var first = authority.Server.Certificate.Thumbprint;

        time.By = TimeSpan.FromDays(22);
        Assert.Equal(first, authority.Server.Certificate.Thumbprint);
        time.By = TimeSpan.FromDays(24);

        Assert.NotEqual(first, authority.Server.Certificate.Thumbprint);
        Assert.Empty(authority.Server.Validate(PeerRole.Coordinator, CertificateTrust.Server, time));
    }

    [Fact]
    public void Open_AFileWithoutACertificate_NamesIt()
    {
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "authority")).FullName, "authority.pem"),
            "no certificate");

        Assert.Contains("authority.pem holds no certificate with its key",
            Assert.Throws<IOException>(() => CertificateAuthority.Open(Options(), TimeProvider.System)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WithOptionsOutOfRange_NamesAll()
    {
        var error = Assert.Throws<ArgumentException>(
            () => CertificateAuthority.Open(Options() with { HostNames = ["a b"], Validity = TimeSpan.Zero,
                RenewBefore = TimeSpan.FromDays(40) }, TimeProvider.System));

        Assert.All(["HostNames", "Validity", "RenewBefore"], name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
    }

    private CertificateAuthorityOptions Options() => new() { StateFolder = _folder };

    private sealed class MovedTime : TimeProvider
    {
        public TimeSpan By { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + By;
    }
}
