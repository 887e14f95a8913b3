package dev.greenroom.ops.http;

import dev.greenroom.wire.Answer;
import dev.greenroom.wire.RequestHead;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// Decides who may change something. What only reads does not pass here.
@FunctionalInterface
public interface CallGuard {
    /// Everybody may: somebody else has decided already.
    CallGuard OPEN = _ -> Optional.empty();

    /// Nobody may who could be a web page: neither one with an `Origin`, nor one that was given another name for this
    /// address. For a grid without tokens.
    CallGuard NO_WEB_PAGES = Pages::refusal;

    /// Why a request may not change anything; empty when it may.
    Optional<Answer> refusal(RequestHead head);

    /// Tells web pages from programs.
    final class Pages {
        private static final Pattern ADDRESS = Pattern.compile("\\[[0-9a-f:.]+]|\\d{1,3}(\\.\\d{1,3}){3}");
        private static final Pattern PORT = Pattern.compile(":\\d{1,5}$");
        private static final List<String> FORBIDDEN = List.of("Origin", "Sec-Fetch-Site", "Referer");

        private Pages() {}

        private static Optional<Answer> refusal(RequestHead head) {
            if (FORBIDDEN.stream().anyMatch(field -> head.header(field).isPresent())) {
                return Optional.of(Answer.json(403, "{\"error\":\"origin not allowed\"}"));
            }
            var host = PORT.matcher(head.header("Host").orElse("").toLowerCase(Locale.ROOT))
                    .replaceFirst("");
            return isNobodysDomain(host)
                    ? Optional.empty()
                    : Optional.of(Answer.json(403, "{\"error\":\"host not allowed\"}"));
        }

        /// An address, or a name that no stranger can register: a single label, or one below `localhost`.
        private static boolean isNobodysDomain(String host) {
            return ADDRESS.matcher(host).matches()
                    || (!host.isEmpty() && host.indexOf('.') < 0)
                    || host.endsWith(".localhost");
        }
    }
}
