package dev.greenroom.ops.metrics;

import dev.greenroom.session.Browser;
import dev.greenroom.session.Distrust;
import dev.greenroom.session.Ending;
import dev.greenroom.session.Refusal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// A label, and every value that it can have.
///
/// @param values in the order in which they are documented
public record Label(String name, List<String> values) {
    /// What becomes of a value that is none of the label's.
    static final String OTHER = "other";

    static final Label BROWSER = new Label("browser", Browser.wireNames());
    static final Label PHASE = of("phase", "queue", "select", "dial", "upgrade", "total");
    static final Label STATE = of("state", "active", "available", "unavailable");
    static final Label STATUS = of("status", "available", "draining");
    static final Label DIRECTION = of("direction", "from_client", "from_worker");
    static final Label CAUSE = new Label(
            "cause", Arrays.stream(Ending.Cause.values()).map(Label::value).toList());
    static final Label DISTRUST = new Label(
            "reason", Arrays.stream(Distrust.values()).map(Label::value).toList());
    static final Label OUTCOME = new Label("outcome", outcomes());

    /// The scripts of the registry.
    static final Label OP = of(
            "op",
            "acquire",
            "enroll",
            "keep",
            "abandon",
            "renew",
            "release",
            "heartbeat",
            "leave",
            "deregister",
            "suspect",
            "trust",
            "order",
            "workers",
            "reap",
            "describe",
            "sessions",
            "end",
            "probe",
            OTHER);

    private static Label of(String name, String... values) {
        return new Label(name, List.of(values));
    }

    /// The value itself, if the label can have it.
    String bounded(String value) {
        return values.contains(value) ? value : OTHER;
    }

    /// The word for what ended a session.
    public static String value(Ending.Cause cause) {
        return word(cause);
    }

    /// The word for why a worker was not trusted.
    static String value(Distrust why) {
        return word(why);
    }

    /// The word for why a client got no session.
    public static String value(Refusal refusal) {
        return refusal instanceof Refusal.NoSlot(var reason, var _) ? word(reason) : word(refusal.getClass());
    }

    private static List<String> outcomes() {
        var outcomes = new ArrayList<String>();
        outcomes.add("connected");
        Stream.of(Refusal.class.getPermittedSubclasses())
                .filter(type -> type != Refusal.NoSlot.class)
                .map(Label::word)
                .forEach(outcomes::add);
        Stream.of(Refusal.NoSlotReason.values()).map(Label::word).forEach(outcomes::add);
        return List.copyOf(outcomes);
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static String word(Class<?> type) {
        return type.getSimpleName().replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
    }
}
