package dev.greenroom.ops.log;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.Reporter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/// The log of the program, laid out as [QuietStart] says until it is known how. The program names it to SLF4J, which
/// otherwise searches all libraries for one, and that one for who lays it out.
public final class LogProvider implements SLF4JServiceProvider {
    /// That of the library, which is asked for no more than this.
    private static final String REQUESTED_VERSION = "2.0.99";

    private final LoggerContext context = new LoggerContext();
    private final IMarkerFactory markers = new BasicMarkerFactory();
    private final LogbackMDCAdapter values = new LogbackMDCAdapter();

    /// Has the loggers of this process come from here. Called before the first of them is made; once a logger has been
    /// made otherwise, it changes nothing.
    public static void use() {
        System.setProperty(LoggerFactory.PROVIDER_PROPERTY_KEY, LogProvider.class.getName());
        // It would say that it does so, before the first line of any command.
        System.setProperty(Reporter.SLF4J_INTERNAL_VERBOSITY_KEY, "WARN");
    }

    @Override
    public void initialize() {
        context.setName("default");
        context.setMDCAdapter(values);
        new QuietStart().configure(context);
        context.start();
    }

    @Override
    public ILoggerFactory getLoggerFactory() {
        return context;
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
        return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
        return values;
    }

    @Override
    public String getRequestedApiVersion() {
        return REQUESTED_VERSION;
    }
}
