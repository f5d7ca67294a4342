/// The strongly connected components of a graph (Tarjan 1972), without recursion.
enum Components {
    /// The component of each node, or nil for a node that no path leads back to; a component's number is above those it leads to.
    static func of(_ edges: [[Int]]) -> [Int?] {
        var components = [Int?](repeating: nil, count: edges.count)
        var order = [Int?](repeating: nil, count: edges.count)
        var lowest = [Int](repeating: 0, count: edges.count)
        var isOpen = [Bool](repeating: false, count: edges.count)
        var open: [Int] = []
        var visited = 0
        var found = 0

        for root in edges.indices where order[root] == nil {
            var path = [(node: root, edge: 0)]
            while let (node, edge) = path.last {
                if edge == 0 {
                    order[node] = visited
                    lowest[node] = visited
                    visited += 1
                    open.append(node)
                    isOpen[node] = true
                }
                if edge < edges[node].count {
                    path[path.count - 1].edge += 1
                    let target = edges[node][edge]
                    if let seen = order[target] {
                        if isOpen[target] { lowest[node] = min(lowest[node], seen) }
                    } else {
                        path.append((target, 0))
                    }
                    continue
                }
                path.removeLast()
                if let parent = path.last?.node { lowest[parent] = min(lowest[parent], lowest[node]) }
                guard lowest[node] == order[node] else { continue }
                let isLoop = open.last != node || edges[node].contains(node)
                while let member = open.popLast() {
                    isOpen[member] = false
                    if isLoop { components[member] = found }
                    if member == node { break }
                }
                found += 1
            }
        }
        return components
    }
}
