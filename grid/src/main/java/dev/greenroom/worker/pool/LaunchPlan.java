package dev.greenroom.worker.pool;

import dev.greenroom.session.BrowserType;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchSpec.OnConnect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How a client's launch options are met on a worker: by a default browser, or by one of its own.
sealed interface LaunchPlan {
    /// Any browser of this worker.
    record Default() implements LaunchPlan {}

    /// A browser that is launched with the client's options.
    record Custom(LaunchSpec spec) implements LaunchPlan {}

    /// The launch options that apply to the browsers of a worker.
    ///
    /// @param ignored the names of the others, for people; safe in a header
    record Applicable(LaunchOverrides overrides, List<String> ignored) {}

    /// Compares the options with the default browsers of this worker.
    ///
    /// @param usual how these are launched
    static LaunchPlan of(LaunchSpec usual, LaunchOverrides overrides) {
        var applicable = applicable(usual, overrides).overrides();
        return isSpecial(usual, applicable) ? new Custom(special(usual, applicable)) : new Default();
    }

    /// Removes options that do not apply to the browsers of this worker; Playwright's own server would
    /// ignore them too.
    static Applicable applicable(LaunchSpec usual, LaunchOverrides overrides) {
        var ignored = new ArrayList<String>();
        var channel = overrides.channel().filter(wanted -> has(usual, wanted));
        if (channel.isEmpty()) {
            overrides.channel().ifPresent(missing -> ignored.add("channel " + missing));
        }
        var window = usual.headless() && !overrides.headless().orElse(true);
        if (window) {
            ignored.add("headless false");
        }
        var chromium = usual.type() == BrowserType.CHROMIUM;
        if (!chromium) {
            overrides.args().forEach(argument -> ignored.add("args " + argument.replaceFirst("=.*", "")));
        }
        var firefox = usual.type() == BrowserType.FIREFOX;
        if (!firefox && !overrides.firefoxUserPrefs().isEmpty()) {
            ignored.add("firefoxUserPrefs");
        }
        return new Applicable(
                new LaunchOverrides(
                        overrides.exposeNetwork(),
                        window ? Optional.empty() : overrides.headless(),
                        channel,
                        chromium ? overrides.args() : List.of(),
                        overrides.proxy(),
                        overrides.slowMotion(),
                        overrides.timeout(),
                        firefox ? overrides.firefoxUserPrefs() : Map.of()),
                List.copyOf(ignored));
    }

    /// The channel name of a browser without a brand is its type.
    private static boolean has(LaunchSpec usual, String channel) {
        return usual.channel().isPresent()
                ? usual.channel().get().equals(channel)
                : channel.equals(usual.type().wireName());
    }

    /// A launch timeout alone needs no custom launch: a waiting browser meets it.
    private static boolean isSpecial(LaunchSpec usual, LaunchOverrides overrides) {
        return overrides.exposeNetwork().isPresent()
                || overrides.headless().orElse(usual.headless()) != usual.headless()
                || !overrides.args().isEmpty()
                || overrides.proxy().isPresent()
                || !overrides.firefoxUserPrefs().isEmpty()
                || overrides.slowMotion().filter(pause -> !pause.isZero()).isPresent();
    }

    private static LaunchSpec special(LaunchSpec usual, LaunchOverrides overrides) {
        var args = new ArrayList<>(overrides.args());
        args.addAll(usual.args()); // of contradicting arguments the last one counts
        var timeout = overrides
                .timeout()
                .filter(limit -> limit.isPositive() && limit.compareTo(usual.timeout()) < 0)
                .orElse(usual.timeout());
        return new LaunchSpec(
                usual.type(),
                usual.executable(),
                usual.channel(),
                overrides.headless().orElse(usual.headless()),
                usual.sandbox(),
                args,
                usual.features(),
                timeout,
                false,
                false,
                Optional.of(new OnConnect(
                        overrides.exposeNetwork().isPresent(),
                        overrides.proxy(),
                        overrides.slowMotion().orElse(Duration.ZERO),
                        overrides.firefoxUserPrefs())),
                usual.protocol());
    }
}
