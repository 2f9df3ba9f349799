import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Base64;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;

/** The partition that Java's producer gives each key: base64 lines in, numbers out. Argument: how many partitions. */
public class KeyPartitions {
  public static void main(String[] args) throws Exception {
    int partitions = Integer.parseInt(args[0]);
    BufferedReader keys = new BufferedReader(new InputStreamReader(System.in));
    StringBuilder out = new StringBuilder();
    for (String line = keys.readLine(); line != null; line = keys.readLine()) {
      byte[] key = Base64.getDecoder().decode(line);
      out.append(BuiltInPartitioner.partitionForKey(key, partitions)).append('\n');
    }
    System.out.print(out);
  }
}
