package dev.greenroom.proxy.access;

import dev.greenroom.config.TokenList.AccessToken.Scope;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.net.server.HttpListener.ConnectionHandler;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.net.server.RefusalResponses;
import dev.greenroom.session.Refusal;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// In front of everything that is not a session. What nobody thought of needs a token.
final class EndpointGuard implements ConnectionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(EndpointGuard.class);

    /// Asked by load balancers and kubelets, under any name; say yes or no.
    private static final Set<String> HEALTH = Set.of("/health", "/health/ready");

    /// The same for everybody: where sessions are to be had.
    private static final Set<String> OPEN = Set.of("/json", "/json/version", "/json/version/", "/favicon.ico");

    private static final List<String> READING = List.of("GET", "HEAD");

    private final AccessControl access;
    private final ConnectionHandler handler;

    EndpointGuard(AccessControl access, ConnectionHandler handler) {
        this.access = access;
        this.handler = handler;
    }

    @Override
    public void serve(InboundConnection connection) throws InterruptedException {
        var why = why(connection);
        if (why.isEmpty()) {
            handler.serve(connection);
            return;
        }
        var answer = RefusalResponses.answer(why.get());
        connection.answer(answer);
        LOG.atDebug()
                .addKeyValue("code", "REQUEST_REFUSED")
                .addKeyValue("requestId", connection.id())
                .addKeyValue("remote", connection.remote().getAddress().getHostAddress())
                .addKeyValue("method", connection.head().method())
                .addKeyValue("path", connection.head().path())
                .addKeyValue("status", answer.status())
                .log("Refused a request");
    }

    static boolean asksForHealth(RequestHead head) {
        return READING.contains(head.method()) && HEALTH.contains(head.path());
    }

    private Optional<Refusal> why(InboundConnection connection) {
        var head = connection.head();
        var reads = READING.contains(head.method());
        if (asksForHealth(head)) {
            return Optional.empty();
        }
        if (reads && OPEN.contains(head.path())) {
            return access.open(head);
        }
        return access.other(head, connection.remote().getAddress(), reads ? Scope.READ : Scope.ADMIN);
    }
}
