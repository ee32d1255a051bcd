# Reads YAML files as GitLab does and prints each as one line of JSON that keeps the types apart.
require 'json'
require 'yaml'

def typed(value)
  case value
  when Hash
    value.to_h { |key, item| [key.is_a?(String) ? key : "#{key.class}: #{key.inspect}", typed(item)] }
  when Array then value.map { |item| typed(item) }
  when String, Integer, true, false, nil then value
  else { value.class.name => value.inspect }
  end
end

$stdout.set_encoding(Encoding::UTF_8)
ARGV.each do |path|
  text = File.read(path, encoding: 'UTF-8')
  puts JSON.generate(typed(YAML.safe_load(text, permitted_classes: [Symbol], aliases: true)))
rescue Psych::Exception => e
  puts JSON.generate("#{path}: #{e.message}")
end
