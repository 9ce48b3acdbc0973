using Distributed.Protocol;
using Distributed.Transports.Grpc.Frames;
using Google.Protobuf;
using Grpc.Core;

namespace Distributed.Transports.Grpc.Server;

/// <summary>The methods of the service in protos/exchange.proto.</summary>
internal static class DataExchangeMethods
{
    private const string Service = "distributed.DataExchange";

    public static Method<ExchangeHello, ExchangeHello> Join { get; } =
        new(MethodType.Unary, Service, nameof(Join), Of(ExchangeHello.Parser), Of(ExchangeHello.Parser));

    public static Method<AbortNotice, AbortNotice> Abort { get; } =
        new(MethodType.Unary, Service, nameof(Abort), Of(AbortNotice.Parser), Of(AbortNotice.Parser));

    /// <summary>Attach on the server, which writes frames.</summary>
    public static Method<AttachLane, OutboundFrame> Attach { get; } = AttachWith(new Marshaller<OutboundFrame>(
        OutboundFrame.Write, _ => throw new NotSupportedException()));

    /// <summary>Attach on a client. Each lane reads with its own marshaller, which copies bytes to their destination.</summary>
    public static Method<AttachLane, TFrame> AttachWith<TFrame>(Marshaller<TFrame> frames)
        where TFrame : class => new(MethodType.ServerStreaming, Service, nameof(Attach), Of(AttachLane.Parser), frames);

    private static Marshaller<T> Of<T>(MessageParser<T> parser)
        where T : IMessage<T> => new(
            (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            context => Parse(parser, context));

    private static T Parse<T>(MessageParser<T> parser, DeserializationContext context)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(context.PayloadAsReadOnlySequence());
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new RpcException(
                new Status(StatusCode.InvalidArgument, $"{context.PayloadLength} bytes are not a valid {typeof(T).Name}", e));
        }
    }
}
