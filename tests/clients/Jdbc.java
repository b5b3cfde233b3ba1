// SPDX-License-Identifier: PostgreSQL
// JDBC reads every view of clientele_bi as a BI role. Run by clients.py: java -cp postgresql.jar Jdbc.java URL ROLE.
//
// Standard input has a line for each view, of fields in base64 that are separated by tabs: name, comment, number of columns, number of rows,
// then name and value of a column and how many rows have this value; the three are absent where no column is text. Lines that begin with ?
// are questions instead: name, SQL with a ? for each parameter, and the parameters.
// The output is a line for each check: `ok WHAT` or `not ok: WHAT: WHY`.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Properties;
import java.util.Set;

public class Jdbc {
  static final Set<Integer> PLAIN = Set.of(Types.VARCHAR, Types.BIGINT, Types.INTEGER, Types.NUMERIC, Types.DOUBLE, Types.BIT, Types.BOOLEAN,
      Types.DATE, Types.TIMESTAMP, Types.TIMESTAMP_WITH_TIMEZONE);
  static final int EXECUTIONS = 10;

  static void check(String what, boolean good, Object why) {
    String text = String.valueOf(why).replace('\n', ' ');
    System.out.println(good ? "ok " + what : "not ok: " + what + ": " + text.substring(0, Math.min(400, text.length())));
  }

  static List<String> fields(String line) {
    List<String> all = new ArrayList<>();
    for (String field : line.split("\t")) all.add(new String(Base64.getDecoder().decode(field), StandardCharsets.UTF_8));
    return all;
  }

  static Connection connect(String url, String role, String autosave) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", role);
    properties.setProperty("autosave", autosave);
    properties.setProperty("ApplicationName", "JDBC " + autosave);
    Connection connection = DriverManager.getConnection(url, properties);
    connection.setAutoCommit(false);
    return connection;
  }

  static void metadata(Connection connection, List<String> view) throws SQLException {
    DatabaseMetaData data = connection.getMetaData();
    String name = view.get(0);
    try (ResultSet tables = data.getTables(null, "clientele_bi", name.replace("_", "\\_"), new String[] {"VIEW"})) {
      check("JDBC: comment of " + name, tables.next() && view.get(1).equals(tables.getString("REMARKS")), "is another one");
    }
    int columns = 0;
    try (ResultSet found = data.getColumns(null, "clientele_bi", name.replace("_", "\\_"), null)) {
      while (found.next()) {
        ++columns;
        String column = name + "." + found.getString("COLUMN_NAME");
        boolean known = PLAIN.contains(found.getInt("DATA_TYPE")) || column.equals("events.properties");
        String remarks = found.getString("REMARKS");
        if (!known || remarks == null) check("JDBC: column " + column, false, found.getString("TYPE_NAME") + ", " + remarks);
      }
    }
    check("JDBC: columns of " + name, columns == Integer.parseInt(view.get(2)), columns);
  }

  // Reads all rows by pages, as tools do, and looks at each value.
  static void rows(Connection connection, List<String> view) throws SQLException {
    int rows = 0;
    try (PreparedStatement statement = connection.prepareStatement("SELECT * FROM clientele_bi.\"" + view.get(0) + "\"")) {
      statement.setFetchSize(50);
      try (ResultSet result = statement.executeQuery()) {
        int columns = result.getMetaData().getColumnCount();
        while (result.next()) {
          ++rows;
          for (int i = 1; i <= columns; ++i) result.getObject(i);
        }
      }
    }
    check("JDBC reads " + view.get(0), rows == Integer.parseInt(view.get(3)), rows + " rows");
  }

  // The driver prepares the statement in the server at its fifth execution.
  static void parameter(Connection connection, List<String> view) throws SQLException {
    if (view.size() < 7) return;
    long wanted = Long.parseLong(view.get(6));
    boolean good = true;
    String sql = "SELECT count(*) FROM clientele_bi.\"" + view.get(0) + "\" WHERE \"" + view.get(4) + "\" = ?";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < EXECUTIONS; ++i) {
        statement.setString(1, view.get(5));
        try (ResultSet result = statement.executeQuery()) {
          good &= result.next() && result.getLong(1) == wanted;
        }
      }
    }
    check("JDBC: a varchar parameter of " + view.get(0), good, "other counts than " + wanted);
  }

  // A question of bi/metabase, with texts as parameters.
  static void question(Connection connection, List<String> question) throws SQLException {
    int rows = 0;
    try (PreparedStatement statement = connection.prepareStatement(question.get(1))) {
      for (int i = 0; i < EXECUTIONS; ++i) {
        for (int p = 2; p < question.size(); ++p) statement.setString(p - 1, question.get(p));
        try (ResultSet result = statement.executeQuery()) {
          for (rows = 0; result.next(); ++rows) result.getObject(1);
        }
      }
    }
    check("JDBC: question " + question.get(0), rows > 0, "no rows");
  }

  // With autosave a transaction goes on after an error, and statements that were prepared stay usable.
  static void errors(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.executeQuery("SELECT * FROM clientele_data.journeys");
      check("JDBC: journeys are hidden", false, "they can be read");
    } catch (SQLException error) {
      check("JDBC: journeys are hidden", error.getSQLState().equals("42501"), error);
    }
    String sql = "SELECT step, customers FROM clientele_bi.funnel(clientele.funnel_def(string_to_array(?, ','), within => ?::interval))";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      String[] names = {"search,cart,purchase", "no such event,cart"};
      int answers = 0, refused = 0;
      for (int i = 0; i < 2 * EXECUTIONS; ++i) {
        statement.setString(1, names[i % 2]);
        statement.setString(2, "7 days");
        try (ResultSet result = statement.executeQuery()) {
          while (result.next()) answers += result.getInt(1) == 3 && result.getLong(2) > 0 ? 1 : 0;
        } catch (SQLException error) {
          refused += error.getSQLState().startsWith("42") || error.getSQLState().startsWith("22") ? 1 : 0;
        }
      }
      check("JDBC: a funnel goes on after errors", answers == EXECUTIONS && refused == EXECUTIONS, answers + " answers, " + refused + " errors");
    }
  }

  public static void main(String[] arguments) throws Exception {
    List<List<String>> views = new ArrayList<>(), questions = new ArrayList<>();
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = input.readLine()) != null;) {
      if (line.startsWith("?")) questions.add(fields(line.substring(1)));
      else views.add(fields(line));
    }
    // With autosave each statement has a savepoint before it; conservative sets one only where a plan may be out of date.
    try (Connection connection = connect(arguments[0], arguments[1], "always");
         Connection other = connect(arguments[0], arguments[1], "conservative")) {
      for (List<String> view : views) {
        try {
          metadata(other, view);
          rows(other, view);
          parameter(connection, view);
        } catch (SQLException error) {
          check("JDBC reads " + view.get(0), false, error);
        }
      }
      for (List<String> question : questions) {
        try {
          question(connection, question);
        } catch (SQLException error) {
          check("JDBC: question " + question.get(0), false, error);
        }
      }
      errors(connection);
    }
  }
}
