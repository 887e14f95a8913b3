package dev.greenroom.ops.metrics;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Locale;
import java.util.regex.Pattern;

/// Metrics as text for Prometheus.
///
/// @param contentType of the text: OpenMetrics for who asks for it, else the older format that everybody reads
public record Exposition(String contentType, String text) {
    private static final String OPEN_METRICS = "application/openmetrics-text";
    private static final String OPEN_METRICS_TYPE = OPEN_METRICS + "; version=1.0.0; charset=utf-8";
    private static final String PLAIN_TYPE = "text/plain; version=0.0.4; charset=utf-8";
    private static final Pattern PLAIN = Pattern.compile("(?:^|,)\\s*text/plain\\s*;[^,]*version\\s*=");

    static Exposition of(PrometheusMeterRegistry kept, String accept) {
        var type = wantsOpenMetrics(accept) ? OPEN_METRICS_TYPE : PLAIN_TYPE;
        return new Exposition(type, kept.scrape(type));
    }

    /// Whether an `Accept` is one of Prometheus: it names OpenMetrics, or plain text in a version.
    public static boolean isWantedBy(String accept) {
        return wantsOpenMetrics(accept)
                || PLAIN.matcher(accept.toLowerCase(Locale.ROOT)).find();
    }

    private static boolean wantsOpenMetrics(String accept) {
        return accept.toLowerCase(Locale.ROOT).contains(OPEN_METRICS);
    }
}
