using Distributed.Protocol.Security;
using Distributed.Transports.Grpc.Frames;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Distributed.Transports.Grpc.Server;

/// <summary>
/// Accepts calls whose caller has a trusted certificate. The check is here and not in the TLS handshake, so that the caller receives the
/// reason. It runs before the body of the call is read.
/// </summary>
internal sealed class PeerCertificates(GrpcTls tls, TimeProvider time, Refusals refusals)
{
    private readonly CertificateTrust _trust = new(tls.Authorities, time);

    public Task Check(HttpContext context, RequestDelegate next)
    {
        var certificate = context.Connection.ClientCertificate;
        if (_trust.Problem(certificate, CertificateTrust.Client) is { } untrusted)
            return Refuse(context, StatusCode.Unauthenticated, untrusted);
        if (tls.Role is { } role && _trust.Problem(certificate, CertificateTrust.Client, role) is { } other)
            return Refuse(context, StatusCode.PermissionDenied, other);
        return next(context);
    }

    private Task Refuse(HttpContext context, StatusCode status, string problem)
    {
        refusals.Add(new Refusal(RefusalKind.Certificate, problem),
            $"{context.Connection.RemoteIpAddress}:{context.Connection.RemotePort}");
        context.Response.ContentType = "application/grpc";
        context.Response.Headers.GrpcStatus = $"{(int)status}";
        context.Response.Headers.GrpcMessage = Uri.EscapeDataString(problem);
        return Task.CompletedTask;
    }
}
