using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol;
using Google.Protobuf;

namespace Distributed.Transports.Tests.Grpc;

/// <summary>An HTTP/2 client that sends arbitrary bytes to a server.</summary>
internal sealed class RawRank : IDisposable
{
    private readonly HttpClient _http;

    public RawRank(Uri address, X509Certificate2? certificate = null, bool trustsAnyCertificate = false)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        if (certificate is not null) handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        if (trustsAnyCertificate) handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        _http = new HttpClient(handler)
        {
            BaseAddress = address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TimeSpan.FromSeconds(30),
        };
    }

    public async Task<ExchangeHello> JoinAsync(ExchangeHello hello) =>
        ExchangeHello.Parser.ParseFrom(await CallAsync("Join", hello.ToByteArray()));

    public Task<byte[]> CallAsync(string method, byte[] message) => CallFramedAsync(method, Framed(message));

    /// <summary>Returns the bytes of the first message of the reply.</summary>
    public async Task<byte[]> CallFramedAsync(string method, byte[] body)
    {
        using var response = await SendAsync(method, body, HttpCompletionOption.ResponseContentRead);
        var answer = await response.Content.ReadAsByteArrayAsync();
        ThrowIfRefused(response.Headers);
        ThrowIfRefused(response.TrailingHeaders);
        return answer[5..];
    }

    /// <summary>Attaches a lane. Throws the reply of the server if it refuses.</summary>
    public async Task<HttpResponseMessage> AttachAsync(ExchangeHello hello, int lane)
    {
        var response = await SendAsync("Attach", Framed(new AttachLane { Hello = hello, Lane = lane }.ToByteArray()),
            HttpCompletionOption.ResponseHeadersRead);
        ThrowIfRefused(response.Headers);
        return response;
    }

    public void Dispose() => _http.Dispose();

    public static byte[] Framed(byte[] message)
    {
        var framed = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, 5);
        return framed;
    }

    private Task<HttpResponseMessage> SendAsync(string method, byte[] body, HttpCompletionOption completion)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/distributed.DataExchange/{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body) { Headers = { { "Content-Type", "application/grpc" } } },
        };
        request.Headers.Add("TE", "trailers");
        return _http.SendAsync(request, completion);
    }

    private static void ThrowIfRefused(System.Net.Http.Headers.HttpResponseHeaders headers)
    {
        if (headers.TryGetValues("grpc-status", out var status) && status.First() != "0")
            throw new Refused(status.First(),
                headers.TryGetValues("grpc-message", out var message) ? Uri.UnescapeDataString(message.First()) : "");
    }

    /// <summary>A gRPC status other than OK.</summary>
    public sealed class Refused(string status, string message) : HttpRequestException(message)
    {
        public string Status { get; } = status;
    }
}
