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

/// What a client's wishes come to on a worker with certain browsers.
public sealed interface LaunchPlan {
    /// Any browser of this worker will do.
    record Default() implements LaunchPlan {}

    /// A browser of its own kind has to be launched.
    record Custom(LaunchSpec spec) implements LaunchPlan {}

    /// What of a client's wishes these browsers can be.
    ///
    /// @param ignored the names of the others, for people; safe in a header
    record Applicable(LaunchOverrides overrides, List<String> ignored) {}

    /// Compares the wishes with what the browsers of this worker are.
    ///
    /// @param usual how they are launched
    static LaunchPlan of(LaunchSpec usual, LaunchOverrides overrides) {
        var applicable = applicable(usual, overrides).overrides();
        return isSpecial(usual, applicable) ? new Custom(special(usual, applicable)) : new Default();
    }

    /// Leaves out what makes no sense for the browsers of this worker: Playwright's own server would ignore
    /// it, or use what it has.
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

    /// The one name that Playwright has for a browser that is no branded one is its type's.
    private static boolean has(LaunchSpec usual, String channel) {
        return usual.channel().isPresent()
                ? usual.channel().get().equals(channel)
                : channel.equals(usual.type().wireName());
    }

    /// A limit on the time of a launch is met by a browser that is there.
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
        args.addAll(usual.args()); // of two that contradict each other the last one counts
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
                timeout,
                false,
                Optional.of(new OnConnect(
                        overrides.exposeNetwork().isPresent(),
                        overrides.proxy(),
                        overrides.slowMotion().orElse(Duration.ZERO),
                        overrides.firefoxUserPrefs())));
    }
}
