package dev.greenroom.ops.http;

import dev.greenroom.net.http.RequestHead;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.SessionLabels;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/// Which sessions a client of the API wants to see. A session matches when it matches all that is given.
///
/// @param name a part of the name or of the id, whatever the case
/// @param labels that it has, with these values
/// @param worker the id of a worker, or the name in it
record SessionFilter(
        Optional<String> name,
        SessionLabels labels,
        Optional<BrowserType> browser,
        Optional<ClientProtocol> protocol,
        Optional<String> worker,
        Optional<String> tenant) {

    /// @throws IllegalArgumentException with a message for the client, if a value is none that there can be
    static SessionFilter of(RequestHead head) {
        return new SessionFilter(
                given(head, "name").map(text -> text.toLowerCase(Locale.ROOT)),
                SessionLabels.of("", head.query("labels").orElse("")),
                oneOf(head, "browser", BrowserType::of, String.join(", ", BrowserType.wireNames())),
                oneOf(head, "protocol", ClientProtocol::of, "playwright, cdp"),
                given(head, "worker"),
                given(head, "tenant"));
    }

    private static Optional<String> given(RequestHead head, String parameter) {
        return head.query(parameter).filter(text -> !text.isEmpty());
    }

    private static <T> Optional<T> oneOf(
            RequestHead head, String parameter, Function<String, Optional<T>> read, String known) {
        return given(head, parameter)
                .map(text -> read.apply(text)
                        .orElseThrow(() -> new IllegalArgumentException(
                                parameter + " must be one of " + known + ", and \"" + text + "\" is not")));
    }

    boolean isEmpty() {
        return name.isEmpty()
                && labels.labels().isEmpty()
                && browser.isEmpty()
                && protocol.isEmpty()
                && worker.isEmpty()
                && tenant.isEmpty();
    }

    boolean matches(LiveSession session) {
        var client = session.client();
        return name.map(part -> contains(client.labels().name(), part)
                                || contains(session.session().toString(), part))
                        .orElse(true)
                && client.labels().has(labels.labels())
                && browser.map(session.browser()::equals).orElse(true)
                && protocol.map(client.protocol()::equals).orElse(true)
                && worker.map(text -> isWorker(session.worker().toString(), text))
                        .orElse(true)
                && tenant.map(client.tenant()::equals).orElse(true);
    }

    private static boolean contains(String text, String part) {
        return text.toLowerCase(Locale.ROOT).contains(part);
    }

    private static boolean isWorker(String id, String text) {
        return id.equals(text) || id.endsWith(":" + text);
    }
}
